package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/crypto/ssh"
)

type signature struct {
	Keyid string
	Sig   []byte
}

// envelope is what the DSSE specification calls an envelope.
type envelope struct {
	Payload     []byte
	PayloadType string
	Signatures  []signature
}

func (e envelope) encoded() []byte {
	return []byte(fmt.Sprintf("DSSEv1 %d %s %d %s", len(e.PayloadType), e.PayloadType, len(e.Payload), e.Payload))
}

// holds does what go-securesystemslib does by default: the id of a key is its SSH fingerprint, and a signature under
// another id is skipped, one without an id is tried.
func (e envelope) holds(spki []byte) error {
	parsed, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return err
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	if !ok {
		return errors.New("not an ECDSA key")
	}
	sshKey, err := ssh.NewPublicKey(key)
	if err != nil {
		return err
	}
	keyid, digest, found := ssh.FingerprintSHA256(sshKey), sha256.Sum256(e.encoded()), 0
	for _, item := range e.Signatures {
		if item.Keyid != "" && item.Keyid != keyid {
			continue
		}
		if ecdsa.VerifyASN1(key, digest[:], item.Sig) {
			found++
		}
	}
	if found < 1 {
		return fmt.Errorf("accepted signatures do not match threshold, Found: %d, Expected 1", found)
	}
	return nil
}

func checkEnvelope(line json.RawMessage) (interface{}, error) {
	var request struct {
		Envelope envelope
		Spki     []byte
	}
	if err := json.Unmarshal(line, &request); err != nil {
		return nil, err
	}
	return nil, request.Envelope.holds(request.Spki)
}

type bundle struct {
	VerificationMaterial struct {
		TlogEntries []struct {
			LogIndex       string
			InclusionProof struct {
				LogIndex, TreeSize string
				RootHash           []byte
				Hashes             [][]byte
				Checkpoint         struct{ Envelope string }
			}
			CanonicalizedBody []byte
		}
	}
	DsseEnvelope envelope
}

// leaf is the part of a hashedrekord 0.0.2 entry that says what was signed, how, and by whom.
type leaf struct {
	Spec struct {
		HashedRekordV002 struct {
			Data      struct{ Digest []byte }
			Signature struct {
				Content  []byte
				Verifier struct{ PublicKey struct{ RawBytes []byte } }
			}
		}
	}
}

// checkBundle verifies a bundle file: envelope, log entry, inclusion, and the log's signed head.
func checkBundle(line json.RawMessage) (interface{}, error) {
	var request struct {
		Path, Vkey string
		Spki       []byte
	}
	if err := json.Unmarshal(line, &request); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(request.Path)
	if err != nil {
		return nil, err
	}
	var read bundle
	if err := json.Unmarshal(data, &read); err != nil {
		return nil, err
	}
	if err := read.DsseEnvelope.holds(request.Spki); err != nil {
		return nil, err
	}
	if len(read.VerificationMaterial.TlogEntries) != 1 {
		return nil, errors.New("not one log entry")
	}
	entry := read.VerificationMaterial.TlogEntries[0]
	var body leaf
	if err := json.Unmarshal(entry.CanonicalizedBody, &body); err != nil {
		return nil, err
	}
	record, digest := body.Spec.HashedRekordV002, sha256.Sum256(read.DsseEnvelope.encoded())
	if !bytes.Equal(record.Data.Digest, digest[:]) ||
		!bytes.Equal(record.Signature.Content, read.DsseEnvelope.Signatures[0].Sig) ||
		!bytes.Equal(record.Signature.Verifier.PublicKey.RawBytes, request.Spki) {
		return nil, errors.New("the log entry is another statement's")
	}
	proof := entry.InclusionProof
	size, root, err := signedHead(proof.Checkpoint.Envelope, request.Vkey)
	if err != nil {
		return nil, err
	}
	index, err := strconv.ParseInt(proof.LogIndex, 10, 64)
	if err != nil || entry.LogIndex != proof.LogIndex || strconv.FormatInt(size, 10) != proof.TreeSize {
		return nil, errors.New("index or size of the proof is not that of the checkpoint")
	}
	if !bytes.Equal(root[:], proof.RootHash) {
		return nil, errors.New("root of the proof is not that of the checkpoint")
	}
	return map[string]int64{"index": index, "size": size},
		recordHolds(proof.Hashes, size, root[:], index, entry.CanonicalizedBody)
}
