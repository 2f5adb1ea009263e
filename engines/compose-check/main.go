// Compose-check reads a compose file as `docker compose` does (schema, interpolation, merging, paths, profiles) without Docker and prints the
// result as JSON: compose-check FILE [PROFILE...]. It ends with 1 and the reason when compose would refuse the file. Variables come from the environment.
// compose-check -yaml FILE prints any YAML file as JSON: what the tests read the engines' files with.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
	"go.yaml.in/yaml/v3"
)

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("give the compose file, then profiles"))
	}
	if os.Args[1] == "-yaml" && len(os.Args) == 3 {
		printYaml(os.Args[2])
		return
	}
	options, err := cli.NewProjectOptions(
		[]string{os.Args[1]},
		cli.WithOsEnv,
		cli.WithProfiles(os.Args[2:]),
		cli.WithInterpolation(true),
		cli.WithResolvedPaths(true),
		cli.WithConsistency(true),
	)
	if err != nil {
		fail(err)
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		fail(err)
	}
	text, err := project.MarshalJSON()
	if err != nil {
		fail(err)
	}
	fmt.Println(string(text))
}

func printYaml(path string) {
	bytes, err := os.ReadFile(path)
	if err != nil {
		fail(err)
	}
	var value any
	if err := yaml.Unmarshal(bytes, &value); err != nil {
		fail(fmt.Errorf("%s: %w", path, err))
	}
	text, err := json.Marshal(value)
	if err != nil {
		fail(fmt.Errorf("%s: %w", path, err))
	}
	fmt.Println(string(text))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
