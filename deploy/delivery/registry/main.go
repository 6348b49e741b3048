// The program of tools/crane: crane with four commands more, which sign what is in a registry and verify it.
//
//	crane sign --key FILE IMAGE@DIGEST                           crane verify --key PUBLIC IMAGE@DIGEST
//	crane attest --key FILE --type URI --predicate FILE IMAGE@DIGEST      crane verify-attestation --key PUBLIC --type URI IMAGE@DIGEST
//
// Signatures and attestations lie beside the image, where and as cosign's specifications say (SIGNATURE_SPEC, in-toto's DSSE), without a transparency log.
// Keys are ECDSA P-256 in PEM, as `openssl ecparam -name prime256v1 -genkey -noout` makes them. cosign itself is not linked: it brings 26 times as many lines of go.sum.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/google/go-containerregistry/cmd/crane/cmd"
	"github.com/google/go-containerregistry/pkg/logs"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/spf13/cobra"
)

const spdx = "https://spdx.dev/Document"

func command(use, short string, run func(options, name.Digest) error, wanted ...string) *cobra.Command {
	var given options
	made := &cobra.Command{
		Use: use + " IMAGE@DIGEST", Short: short, Args: cobra.ExactArgs(1), SilenceUsage: true,
		RunE: func(_ *cobra.Command, words []string) error {
			image, err := name.NewDigest(words[0])
			if err != nil {
				return fmt.Errorf("%s is not pinned by its digest: %w", words[0], err)
			}
			return run(given, image)
		},
	}
	flags := made.Flags()
	for _, one := range wanted {
		switch one {
		case "key":
			flags.StringVar(&given.key, "key", "", "PEM file of the private or the public key")
		case "type":
			flags.StringVar(&given.predicateType, "type", spdx, "what the predicate is")
		case "predicate":
			flags.StringVar(&given.predicate, "predicate", "", "JSON file that is attested")
		}
		if one != "type" {
			_ = made.MarkFlagRequired(one)
		}
	}
	return made
}

func main() {
	logs.Warn.SetOutput(os.Stderr)
	cmd.Root.AddCommand(
		command("sign", "Sign an image", sign, "key"),
		command("verify", "Say whether a key signed an image", verify, "key"),
		command("attest", "Attest something of an image", attest, "key", "type", "predicate"),
		command("verify-attestation", "Print what a key attested of an image", verifyAttestation, "key", "type"),
	)
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	if err := cmd.Root.ExecuteContext(ctx); err != nil {
		os.Exit(1)
	}
}
