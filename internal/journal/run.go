package journal

import (
	"fmt"
	"os"
	"strings"
)

// Run names the run of Terraform this process belongs to: all its provider
// processes, one for each provider configuration, have one parent. Where the
// system tells when that started, a later parent of the same number is another.
func Run() string {
	host, _ := os.Hostname() // Without a name, the numbers have to do.
	parent := os.Getppid()
	run := fmt.Sprintf("%s/%d", host, parent)
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", parent))
	if err != nil {
		return run
	}
	// The name, in parentheses, may hold anything; the start is the 20th field after it (proc_pid_stat(5)).
	const start = 19
	if fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:])); len(fields) > start {
		run += "/" + fields[start]
	}
	if boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id"); err == nil {
		run += "/" + strings.TrimSpace(string(boot))
	}
	return run
}
