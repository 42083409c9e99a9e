package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

func hashOf(data []byte) (hash tlog.Hash, err error) {
	if copy(hash[:], data) != tlog.HashSize || len(data) != tlog.HashSize {
		err = errors.New("a hash has 32 bytes")
	}
	return hash, err
}

func hashesOf(items [][]byte) (hashes []tlog.Hash, err error) {
	for _, item := range items {
		hash, err := hashOf(item)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

func checkRecord(line json.RawMessage) (interface{}, error) {
	var request struct {
		Proof       [][]byte
		Size, Index int64
		Root, Body  []byte
	}
	if err := json.Unmarshal(line, &request); err != nil {
		return nil, err
	}
	return nil, recordHolds(request.Proof, request.Size, request.Root, request.Index, request.Body)
}

func recordHolds(proof [][]byte, size int64, root []byte, index int64, body []byte) error {
	hashes, err := hashesOf(proof)
	if err != nil {
		return err
	}
	head, err := hashOf(root)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(hashes, size, head, index, tlog.RecordHash(body))
}

func checkTree(line json.RawMessage) (interface{}, error) {
	var request struct {
		Proof    [][]byte
		Old, New int64
		OldRoot  []byte `json:"old_root"`
		NewRoot  []byte `json:"new_root"`
	}
	if err := json.Unmarshal(line, &request); err != nil {
		return nil, err
	}
	hashes, err := hashesOf(request.Proof)
	if err != nil {
		return nil, err
	}
	oldRoot, err := hashOf(request.OldRoot)
	if err != nil {
		return nil, err
	}
	newRoot, err := hashOf(request.NewRoot)
	if err != nil {
		return nil, err
	}
	return nil, tlog.CheckTree(hashes, request.New, newRoot, request.Old, oldRoot)
}

// folder reads tiles from an export; Go's own paths carry the height, those of the specification do not.
type folder struct {
	root string
	read int
}

func (f *folder) Height() int { return tileHeight }

func (f *folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f *folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
		data, err := os.ReadFile(filepath.Join(f.root, filepath.FromSlash(path)))
		if err != nil {
			return nil, err
		}
		f.read++
		all = append(all, data)
	}
	return all, nil
}

func (f *folder) entries(size int64) (bodies [][]byte, err error) {
	for start := int64(0); start < size; start += 1 << tileHeight {
		tile := tlog.Tile{H: tileHeight, L: -1, N: start >> tileHeight, W: 1 << tileHeight}
		if size-start < 1<<tileHeight {
			tile.W = int(size - start)
		}
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/data/", tileHeight), "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(f.root, filepath.FromSlash(path)))
		if err != nil {
			return nil, err
		}
		for count := 0; count < tile.W; count++ {
			if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
				return nil, fmt.Errorf("%s is cut", path)
			}
			length := int(binary.BigEndian.Uint16(data))
			bodies, data = append(bodies, data[2:2+length]), data[2+length:]
		}
		if len(data) != 0 {
			return nil, fmt.Errorf("%s holds more than its entries", path)
		}
	}
	return bodies, nil
}

// readTiles authenticates every leaf and every entry of an export against its signed checkpoint.
func readTiles(line json.RawMessage) (interface{}, error) {
	var request struct {
		Folder string
		Vkey   string
	}
	if err := json.Unmarshal(line, &request); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(request.Folder, "checkpoint"))
	if err != nil {
		return nil, err
	}
	size, root, err := signedHead(string(data), request.Vkey)
	if err != nil {
		return nil, err
	}
	source := &folder{root: request.Folder}
	reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, source)
	if computed, err := tlog.TreeHash(size, reader); err != nil || computed != root {
		return nil, fmt.Errorf("tree hash: %v", err)
	}
	bodies, err := source.entries(size)
	if err != nil {
		return nil, err
	}
	for start := int64(0); start < size; start += 1 << tileHeight {
		var indexes []int64
		for n := start; n < size && n < start+1<<tileHeight; n++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, n))
		}
		hashes, err := reader.ReadHashes(indexes)
		if err != nil {
			return nil, err
		}
		for offset, hash := range hashes {
			if expected := tlog.RecordHash(bodies[start+int64(offset)]); !bytes.Equal(hash[:], expected[:]) {
				return nil, fmt.Errorf("entry %d is not what the tile says", start+int64(offset))
			}
		}
	}
	for _, n := range []int64{0, size / 2, size - 1} {
		proof, err := tlog.ProveRecord(size, n, reader)
		if err != nil {
			return nil, err
		}
		if err := tlog.CheckRecord(proof, size, root, n, tlog.RecordHash(bodies[n])); err != nil {
			return nil, err
		}
	}
	return map[string]int{"entries": len(bodies), "tiles": source.read}, nil
}

func signedHead(text, vkey string) (size int64, root tlog.Hash, err error) {
	request, _ := json.Marshal(map[string]interface{}{"note": text, "vkeys": []string{vkey}})
	opened, err := openNote(request)
	if err != nil {
		return 0, root, err
	}
	_, size, data, err := checkpoint(opened.(map[string]interface{})["text"].(string))
	if err != nil {
		return 0, root, err
	}
	root, err = hashOf(data)
	return size, root, err
}

func hashFolder(line json.RawMessage) (interface{}, error) {
	var request struct{ Folder string }
	if err := json.Unmarshal(line, &request); err != nil {
		return nil, err
	}
	return dirhash.HashDir(request.Folder, "", dirhash.Hash1)
}
