package main

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const (
	isc = `Copyright (c) 2026 Somebody

Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted,
provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF
THIS SOFTWARE.
`
	mit = `MIT License

Copyright (c) 2026 Somebody

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`
	agpl = `This program is free software: you can redistribute it and/or modify it under the terms of the GNU Affero General
Public License as published by the Free Software Foundation, either version 3 of the License, or (at your option) any
later version. This program is distributed in the hope that it will be useful, but WITHOUT ANY WARRANTY; without even the
implied warranty of MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE. See the GNU Affero General Public License for
more details. You should have received a copy of the GNU Affero General Public License along with this program. If not,
see <https://www.gnu.org/licenses/>.
`
)

func TestLicences(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		files   map[string]string
		folders []string
		want    []string
		wrong   string
	}{
		"one":                     {map[string]string{"LICENSE": mit}, []string{"."}, []string{"MIT"}, ""},
		"above the package":       {map[string]string{"License.md": mit, "a/b/b.go": ""}, []string{"a/b"}, []string{"MIT"}, ""},
		"two":                     {map[string]string{"LICENSE": mit, "a/COPYING": isc}, []string{".", "a"}, []string{"ISC", "MIT"}, ""},
		"of a folder not linked":  {map[string]string{"LICENSE": mit, "a/LICENSE": agpl}, []string{"."}, []string{"MIT"}, ""},
		"of code taken over":      {map[string]string{"LICENSE": mit, "a/LICENSE": agpl}, []string{".", "a"}, nil, "a/LICENSE is AGPL-3.0"},
		"of a dual licence":       {map[string]string{"LICENSE": mit + agpl}, []string{"."}, nil, "LICENSE is AGPL-3.0"},
		"beside an allowed one":   {map[string]string{"LICENSE": mit, "LICENSE-AGPL": agpl}, []string{"."}, nil, "LICENSE-AGPL is AGPL-3.0"},
		"none":                    {map[string]string{"README": mit, "license.go": mit}, []string{"."}, nil, "no licence file"},
		"somebody's own":          {map[string]string{"LICENCE": "Ask me first."}, []string{"."}, nil, "no licence that is known"},
		"with conditions besides": {map[string]string{"LICENSE": mit + strings.Repeat("Nor may it be used by banks on any day but Sunday. ", 40)}, []string{"."}, nil, "no licence that is known"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := fstest.MapFS{}
			for path, text := range test.files {
				files[path] = &fstest.MapFile{Data: []byte(text)}
			}
			got, err := licences(files, test.folders)
			if test.wrong == "" && err != nil || test.wrong != "" && (err == nil || !strings.Contains(err.Error(), test.wrong)) {
				t.Fatalf("error %v, want %q", err, test.wrong)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%q instead of %q", got, test.want)
			}
		})
	}
}
