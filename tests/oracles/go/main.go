// Command oracle answers, with Go's own transparency and signature libraries, whether what govern wrote holds.
//
// It reads one JSON request a line and writes one JSON answer a line: {"ok":true,"result":...} or {"error":"..."}.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

type answer struct {
	OK     bool        `json:"ok"`
	Result interface{} `json:"result,omitempty"`
	Error  string      `json:"error,omitempty"`
}

var operations = map[string]func(json.RawMessage) (interface{}, error){
	"note":    openNote,
	"record":  checkRecord,
	"tree":    checkTree,
	"tiles":   readTiles,
	"dirhash": hashFolder,
	"dsse":    checkEnvelope,
	"bundle":  checkBundle,
}

func main() {
	lines := bufio.NewReader(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		if err := out.Encode(answerTo(line)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func answerTo(line []byte) answer {
	var request struct {
		Op string `json:"op"`
	}
	if err := json.Unmarshal(line, &request); err != nil {
		return answer{Error: err.Error()}
	}
	operation, known := operations[request.Op]
	if !known {
		return answer{Error: "unknown operation " + request.Op}
	}
	result, err := operation(line)
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{OK: true, Result: result}
}
