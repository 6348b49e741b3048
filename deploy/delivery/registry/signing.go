// Signatures and attestations of images in a registry.
package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	signatureLayer     = types.MediaType("application/vnd.dev.cosign.simplesigning.v1+json")
	signatureName      = "dev.cosignproject.cosign/signature"
	envelopeLayer      = types.MediaType("application/vnd.dsse.envelope.v1+json")
	envelopePayload    = "application/vnd.in-toto+json"
	statementType      = "https://in-toto.io/Statement/v0.1"
	largestLayer       = 64 << 20 // an SBOM of a whole system has some megabytes
	simpleSigningsType = "cosign container image signature"
)

type options struct{ key, predicateType, predicate string }

type simpleSigning struct {
	Critical struct {
		Identity struct {
			Reference string `json:"docker-reference"`
		} `json:"identity"`
		Image struct {
			Digest string `json:"docker-manifest-digest"`
		} `json:"image"`
		Type string `json:"type"`
	} `json:"critical"`
	Optional any `json:"optional"`
}

type statement struct {
	Type          string          `json:"_type"`
	PredicateType string          `json:"predicateType"`
	Subject       []subject       `json:"subject"`
	Predicate     json.RawMessage `json:"predicate"`
}

type subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

type envelope struct {
	PayloadType string              `json:"payloadType"`
	Payload     string              `json:"payload"`
	Signatures  []envelopeSignature `json:"signatures"`
}

type envelopeSignature struct {
	KeyID string `json:"keyid"`
	Sig   string `json:"sig"`
}

// What DSSE signs: the type and the payload with their lengths.
func authenticated(kind string, payload []byte) []byte {
	return fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(kind), kind, len(payload), payload)
}

func readPEM(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			return nil, fmt.Errorf("%s has no key in PEM", path)
		}
		if block.Type != "EC PARAMETERS" {
			return block.Bytes, nil
		}
		text = rest
	}
}

func privateKey(path string) (*ecdsa.PrivateKey, error) {
	der, err := readPEM(path)
	if err != nil {
		return nil, err
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if ours, is := key.(*ecdsa.PrivateKey); is {
		return ours, nil
	}
	return nil, fmt.Errorf("%s is no ECDSA key", path)
}

func publicKey(path string) (*ecdsa.PublicKey, error) {
	der, err := readPEM(path)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if ours, is := key.(*ecdsa.PublicKey); is {
		return ours, nil
	}
	return nil, fmt.Errorf("%s is no ECDSA key", path)
}

func signed(path string, text []byte) (string, error) {
	key, err := privateKey(path)
	if err != nil {
		return "", err
	}
	digest := sha256.Sum256(text)
	made, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	return base64.StdEncoding.EncodeToString(made), err
}

func holds(key *ecdsa.PublicKey, text []byte, signature string) bool {
	raw, err := base64.StdEncoding.DecodeString(signature)
	digest := sha256.Sum256(text)
	return err == nil && ecdsa.VerifyASN1(key, digest[:], raw)
}

func beside(image name.Digest, ending string) name.Tag {
	return image.Context().Tag(strings.Replace(image.DigestStr(), ":", "-", 1) + ending)
}

func withKeys() remote.Option { return remote.WithAuthFromKeychain(authn.DefaultKeychain) }

// One layer more beside the image, after those that are there.
func add(image name.Digest, ending string, content []byte, kind types.MediaType, annotations map[string]string) error {
	if _, err := remote.Head(image, withKeys()); err != nil {
		return fmt.Errorf("%s is not in the registry: %w", image, err)
	}
	place := beside(image, ending)
	base, err := remote.Image(place, withKeys())
	if err != nil {
		base = mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	}
	made, err := mutate.Append(base, mutate.Addendum{Layer: static.NewLayer(content, kind), Annotations: annotations})
	if err != nil {
		return err
	}
	return remote.Write(place, made, withKeys())
}

// Asks about each layer beside the image until one is taken.
func anyOf(image name.Digest, ending string, kind types.MediaType, taken func(v1.Descriptor, []byte) bool) error {
	place := beside(image, ending)
	found, err := remote.Image(place, withKeys())
	if err != nil {
		return fmt.Errorf("there is no %s: %w", place, err)
	}
	manifest, err := found.Manifest()
	if err != nil {
		return err
	}
	for _, one := range manifest.Layers {
		if one.MediaType != kind || one.Size > largestLayer {
			continue
		}
		layer, err := found.LayerByDigest(one.Digest)
		if err != nil {
			return err
		}
		reader, err := layer.Compressed()
		if err != nil {
			return err
		}
		content, err := io.ReadAll(reader)
		_ = reader.Close()
		if err != nil {
			return err
		}
		if taken(one, content) {
			return nil
		}
	}
	return errors.New("this key signed nothing of the kind for " + image.String())
}

func sign(given options, image name.Digest) error {
	var payload simpleSigning
	payload.Critical.Identity.Reference = image.Context().Name()
	payload.Critical.Image.Digest = image.DigestStr()
	payload.Critical.Type = simpleSigningsType
	text, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	signature, err := signed(given.key, text)
	if err != nil {
		return err
	}
	return add(image, ".sig", text, signatureLayer, map[string]string{signatureName: signature})
}

func verify(given options, image name.Digest) error {
	key, err := publicKey(given.key)
	if err != nil {
		return err
	}
	return anyOf(image, ".sig", signatureLayer, func(layer v1.Descriptor, text []byte) bool {
		var payload simpleSigning
		return holds(key, text, layer.Annotations[signatureName]) && json.Unmarshal(text, &payload) == nil &&
			payload.Critical.Image.Digest == image.DigestStr() && payload.Critical.Type == simpleSigningsType
	})
}

func attest(given options, image name.Digest) error {
	predicate, err := os.ReadFile(given.predicate)
	if err != nil {
		return err
	}
	text, err := json.Marshal(statement{
		Type: statementType, PredicateType: given.predicateType, Predicate: predicate,
		Subject: []subject{{Name: image.Context().Name(), Digest: map[string]string{"sha256": strings.TrimPrefix(image.DigestStr(), "sha256:")}}},
	})
	if err != nil {
		return fmt.Errorf("%s: %w", given.predicate, err)
	}
	signature, err := signed(given.key, authenticated(envelopePayload, text))
	if err != nil {
		return err
	}
	made, err := json.Marshal(envelope{
		PayloadType: envelopePayload, Payload: base64.StdEncoding.EncodeToString(text), Signatures: []envelopeSignature{{Sig: signature}},
	})
	if err != nil {
		return err
	}
	return add(image, ".att", made, envelopeLayer, map[string]string{signatureName: "", "predicateType": given.predicateType})
}

func verifyAttestation(given options, image name.Digest) error {
	key, err := publicKey(given.key)
	if err != nil {
		return err
	}
	return anyOf(image, ".att", envelopeLayer, func(_ v1.Descriptor, content []byte) bool {
		var made envelope
		if json.Unmarshal(content, &made) != nil || made.PayloadType != envelopePayload {
			return false
		}
		text, err := base64.StdEncoding.DecodeString(made.Payload)
		if err != nil {
			return false
		}
		for _, one := range made.Signatures {
			if holds(key, authenticated(envelopePayload, text), one.Sig) && concerns(text, given.predicateType, image) {
				return true
			}
		}
		return false
	})
}

// Whether a statement is of this kind and about this image; prints its predicate.
func concerns(text []byte, kind string, image name.Digest) bool {
	var said statement
	if json.Unmarshal(text, &said) != nil || said.Type != statementType || said.PredicateType != kind {
		return false
	}
	for _, one := range said.Subject {
		if "sha256:"+one.Digest["sha256"] == image.DigestStr() {
			var pretty bytes.Buffer
			if json.Compact(&pretty, said.Predicate) != nil {
				return false
			}
			fmt.Println(pretty.String())
			return true
		}
	}
	return false
}
