// Command demo shows the main job from outside: it builds the provider and the
// sandbox, starts the sandbox as a process of its own, and runs the real
// Terraform CLI on examples/onboarding. It checks what happened at the servers
// through the sandbox's control address, and imports nothing of the provider.
package main
