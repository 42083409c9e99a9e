package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

const cosignatureV1 = 4

// cosigner verifies timestamped cosignatures, which the note package has no verifier for.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	seconds := binary.BigEndian.Uint64(signature)
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", seconds, text)
	return ed25519.Verify(c.key, []byte(message), signature[8:])
}

func newCosigner(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("malformed cosigner key")
	}
	data, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(data) != 1+ed25519.PublicKeySize || data[0] != cosignatureV1 {
		return nil, errors.New("not an Ed25519 cosignature key")
	}
	sum := sha256.Sum256([]byte(parts[0] + "\n" + string(data)))
	hash := binary.BigEndian.Uint32(sum[:])
	if given, err := strconv.ParseUint(parts[1], 16, 32); err != nil || uint32(given) != hash {
		return nil, errors.New("key hash of the cosigner does not match")
	}
	return cosigner{parts[0], hash, data[1:]}, nil
}

func verifiers(vkeys, cosigners []string) (note.Verifiers, error) {
	var known []note.Verifier
	for _, vkey := range vkeys {
		verifier, err := note.NewVerifier(vkey)
		if err != nil {
			return nil, err
		}
		known = append(known, verifier)
	}
	for _, vkey := range cosigners {
		verifier, err := newCosigner(vkey)
		if err != nil {
			return nil, err
		}
		known = append(known, verifier)
	}
	return note.VerifierList(known...), nil
}

func openNote(line json.RawMessage) (interface{}, error) {
	var request struct {
		Note      string
		Vkeys     []string
		Cosigners []string
	}
	if err := json.Unmarshal(line, &request); err != nil {
		return nil, err
	}
	known, err := verifiers(request.Vkeys, request.Cosigners)
	if err != nil {
		return nil, err
	}
	opened, err := note.Open([]byte(request.Note), known)
	if err != nil {
		return nil, err
	}
	signed, unknown := []string{}, []string{}
	for _, item := range opened.Sigs {
		signed = append(signed, item.Name)
	}
	for _, item := range opened.UnverifiedSigs {
		unknown = append(unknown, item.Name)
	}
	return map[string]interface{}{"text": opened.Text, "signed": signed, "unknown": unknown}, nil
}

// checkpoint reads the three lines of a checkpoint that a note holds.
func checkpoint(text string) (origin string, size int64, root []byte, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return "", 0, nil, errors.New("a checkpoint has three lines")
	}
	if size, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return "", 0, nil, err
	}
	root, err = base64.StdEncoding.DecodeString(lines[2])
	return lines[0], size, root, err
}
