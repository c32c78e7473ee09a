package fw

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// OneOf is the sentence that lists allowed values.
func OneOf(allowed []string) string { return "One of " + Listed(allowed) + "." }

// Listed quotes values one after the other.
func Listed(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = "`" + v + "`"
	}
	return strings.Join(quoted, ", ")
}

// Identifier is a computed string that never changes during an object's life.
func Identifier(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Computed:            true,
		MarkdownDescription: description,
		PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
	}
}

// Computed is a string the server decides; the resource's plan says when it changes.
func Computed(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

// Secret is a computed string that Terraform must not show.
func Secret(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: description}
}

// OptionalString is a string that is the server's business while unset.
func OptionalString(description string, validators ...validator.String) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: description,
		Validators:          validators,
		PlanModifiers:       []planmodifier.String{Managed()},
	}
}

// OptionalURL is an optional absolute http or https URL.
func OptionalURL(description string, validators ...validator.String) schema.StringAttribute {
	return OptionalString(description, append([]validator.String{URL()}, validators...)...)
}

// OptionalBool is a boolean that is the server's business while unset.
func OptionalBool(description string) schema.BoolAttribute {
	return schema.BoolAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: description,
		PlanModifiers:       []planmodifier.Bool{Managed()},
	}
}

// OptionalInt64 is an integer that is the server's business while unset.
func OptionalInt64(description string) schema.Int64Attribute {
	return schema.Int64Attribute{
		Optional: true, Computed: true,
		MarkdownDescription: description,
		PlanModifiers:       []planmodifier.Int64{Managed()},
	}
}

// OptionalStrings is a set of strings that is the server's business while
// unset. To clear it, remove the attribute: an empty set is refused, because
// the protocols cannot say "empty".
func OptionalStrings(description string, each ...validator.String) schema.SetAttribute {
	a := schema.SetAttribute{
		Optional: true, Computed: true,
		ElementType:         types.StringType,
		MarkdownDescription: description,
		Validators:          []validator.Set{setvalidator.SizeAtLeast(1), WholeSet()},
		PlanModifiers:       []planmodifier.Set{Managed()},
	}
	if len(each) > 0 {
		a.Validators = append(a.Validators, setvalidator.ValueStringsAre(each...))
	}
	return a
}

// OptionalList is OptionalStrings of strings whose order means something.
func OptionalList(description string, each ...validator.String) schema.ListAttribute {
	return schema.ListAttribute{
		Optional: true, Computed: true,
		ElementType:         types.StringType,
		MarkdownDescription: description,
		Validators:          []validator.List{listvalidator.SizeAtLeast(1), listvalidator.NoNullValues(), listvalidator.UniqueValues(), listvalidator.ValueStringsAre(each...)},
		PlanModifiers:       []planmodifier.List{Managed()},
	}
}

// Default is the sentence that states a default.
func Default(value any) string { return fmt.Sprintf("Defaults to `%v`.", value) }
