package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

var (
	sqlComment = regexp.MustCompile(`--[^\n]*`)
	sqlSpace   = regexp.MustCompile(`\s+`)
)

// schemaOf reads the definition of everything in a database but the record of
// its migrations, without comments and spacing.
func schemaOf(t *testing.T, db *sql.DB) map[string]string {
	t.Helper()
	rows, err := db.Query(`
		SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema
		WHERE tbl_name <> 'migration' AND name <> 'sqlite_sequence'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := make(map[string]string)
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			t.Fatal(err)
		}
		text = sqlComment.ReplaceAllString(text, " ")
		text = sqlSpace.ReplaceAllString(text, " ")
		out[name] = strings.NewReplacer("( ", "(", " )", ")").Replace(text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// plain opens a database as any program would.
func plain(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestMigrationsGiveTheReadableSchema(t *testing.T) {
	text, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	readable := plain(t, filepath.Join(t.TempDir(), "readable.db"))
	if _, err := readable.Exec(string(text)); err != nil {
		t.Fatalf("schema.sql: %v", err)
	}
	path := filepath.Join(t.TempDir(), "assay.db")
	openAt(t, path)
	got, want := schemaOf(t, plain(t, path)), schemaOf(t, readable)
	if len(want) == 0 {
		t.Fatal("schema.sql makes nothing")
	}
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s:\nmigrations give %q\nschema.sql says  %q", name, got[name], want[name])
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is not in schema.sql", name)
		}
	}
}

// TestStatementsUseIndexes asks SQLite how it runs every statement that the
// package has: none may read a whole table that grows.
func TestStatementsUseIndexes(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "assay.db"))
	c := useEveryStatement(t, s)
	// What grows with no bound, and may be read whole only through an index
	// that holds just what is asked for.
	allowed := map[string]string{
		"SCAN block":                            "a handful of rows, all of them asked for",
		"SCAN exception":                        "a handful of rows, all of them asked for",
		"SCAN origin":                           "a handful of rows, all of them asked for",
		"SCAN policy":                           "the last row, by its id",
		"SCAN claim":                            "a handful of rows, all of them asked for",
		"SCAN token":                            "some hundred rows at the most, all of them asked for",
		"SCAN wanted VIRTUAL TABLE INDEX 1:":    "the list that was asked for",
		"SCAN verdict USING INDEX verdict_last": "read from its end, up to the limit",
		"SCAN file USING INDEX file_least_used": "read from its start, up to the limit",
		"SCAN file USING COVERING INDEX file_stored_blob": "counts stored files; the table is not read",
		"SCAN document USING INDEX document_blob":         "a backup copies every document",
		"SCAN own_advisory":                               "one row for each version that was removed for malice, all of them asked for",
		"SCAN held USING INDEX held_newest":               "read from its end, up to the limit",
		"SCAN held USING INDEX held_open":                 "read from its end, up to the limit",
		"SCAN report USING INDEX report_newest":           "read from its end, up to the limit",
		"SCAN report USING INDEX report_open":             "read from its end, up to the limit",
		"SCAN CONSTANT ROW":                               "no table",
		"SCAN hosted":                                     "the names of hosted packages, each looked up in an index",
		"SCAN (subquery-1)":                               "the groups of another scan, judged by itself",
		"SCAN hit":                                        "what another scan found, up to the limit",
	}
	statements, met := 0, make(map[string]bool)
	for query := range c {
		if !strings.Contains(query, " ") {
			continue // BEGIN, COMMIT
		}
		statements++
		for _, step := range plan(t, s, query) {
			if strings.HasPrefix(step, "USE TEMP B-TREE") && !readsSmallTable.MatchString(query) {
				t.Errorf("sorts in memory: %s\n%s", step, query)
			}
			met[step] = true
			if _, ok := allowed[step]; strings.HasPrefix(step, "SCAN") && !ok {
				t.Errorf("reads a whole table: %s\n%s", step, query)
			}
		}
	}
	for step := range allowed {
		if !met[step] {
			t.Errorf("no statement does this any more, so it need not be allowed: %s", step)
		}
	}
	if statements < 50 {
		t.Errorf("only %d statements were looked at", statements)
	}
	for _, query := range statementsInSource(t) {
		if _, ok := c[query]; !ok {
			t.Errorf("no call in useEveryStatement comes to this statement, so that it was not looked at:\n%s", query)
		}
	}
}

// readsSmallTable matches statements on tables that people fill by hand, and
// that are sorted in less time than an index would take to keep.
var readsSmallTable = regexp.MustCompile(`\bFROM (block|exception|claim|token)\b`)

// statementsInSource returns every statement that a method of tx can run.
func statementsInSource(t *testing.T) []string {
	t.Helper()
	verb := regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\s`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || name == "migrate.go" {
			continue // migrate.go asks once, before there is a transaction
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil && verb.MatchString(text) {
					out = append(out, text)
				}
			}
			return true
		})
	}
	return out
}

// plan returns the steps by which SQLite runs a statement.
func plan(t *testing.T, s *Store, query string) []string {
	t.Helper()
	rows, err := s.readers.db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?"))...)
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var id, parent, unused int64
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return steps
}

// useEveryStatement calls every method of a transaction and returns the
// statements that were prepared for it.
func useEveryStatement(t *testing.T, s *Store) map[string]*sql.Stmt {
	t.Helper()
	ctx := context.Background()
	c, err := s.writer.take(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer s.writer.give(c)
	if _, err := c.exec(ctx, "BEGIN"); err != nil {
		t.Fatal(err)
	}
	// By reflection, so that a method that is added cannot be forgotten. The
	// arguments are zero, but for slices and maps of one zero element.
	every := &tx{connection: c}
	value := reflect.ValueOf(every)
	for i := range value.NumMethod() {
		method := value.Method(i)
		args := []reflect.Value{reflect.ValueOf(ctx)}
		for j := 1; j < method.Type().NumIn(); j++ {
			args = append(args, sample(method.Type().In(j)))
		}
		method.Call(args)
	}
	// What zero arguments do not come to.
	if err := everyBranch(ctx, every); err != nil {
		t.Fatal(err)
	}
	if every.failed != nil {
		t.Fatalf("a method failed, so that the rest was not looked at: %v", every.failed)
	}
	if _, err := c.exec(ctx, "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	return c.statements
}

// everyBranch runs the statements that need more than zero arguments.
func everyBranch(ctx context.Context, tx store.Tx) error {
	if _, err := tx.AllHeld(ctx, true, 1); err != nil {
		return err
	}
	if err := tx.PutHeld(ctx, store.Held{State: store.HeldWaiting, Files: []store.HeldFile{{Blob: "sha256:00"}}}); err != nil {
		return err
	}
	if _, err := tx.Reports(ctx, true, 1); err != nil {
		return err
	}
	last, err := tx.LastEventID(ctx)
	if err != nil {
		return err
	}
	// The event of the calls before is the only one in this new database.
	entry := store.LogRecord{EventID: last, Leaf: []byte("leaf")}
	_, err1 := tx.LogAbout(ctx, "pkg:npm/left", 1)
	_, err2 := tx.LogAbout(ctx, "pkg:npm/left@1.0.0", 1)
	_, err3 := tx.LogNewest(ctx, "pkg:npm/left", 1)
	_, err4 := tx.LogNewest(ctx, "pkg:npm/left@1.0.0", 1)
	_, err5 := tx.SearchPackages(ctx, store.PackageQuery{Text: "x", Limit: 1})
	_, err9 := tx.SearchPackages(ctx, store.PackageQuery{Text: "x y", Limit: 1})
	_, err6 := tx.Downloads(ctx, "pkg:npm/left", "2026-11-22")
	err7 := tx.AddVerdicts(ctx, []store.Verdict{{Rule: "r", Registry: "npm", Effect: "deny", Count: 1}})
	_, err8 := tx.FindVerdicts(ctx, store.VerdictQuery{Rule: "r", Limit: 1})
	return errors.Join(err3, err4, err5, err6, err7, err8, err9,
		tx.PutRelease(ctx, store.Release{Registry: "npm", Name: "left", Version: "1"}),
		tx.PutRelease(ctx, store.Release{Registry: "npm", Name: "left", Version: "1", Removed: time.Unix(1, 0)}),
		tx.AppendLog(ctx, []store.LogRecord{entry}, []store.LogHash{{}}),
		tx.PutToken(ctx, store.Token{ID: "x", Hash: make([]byte, 32)}),
		tx.PutStanding(ctx, store.Standing{Status: assay.Yanked}),
		tx.PutTag(ctx, "npm", "left", "latest", ""),
		tx.AddVerdicts(ctx, []store.Verdict{{Day: "2026-11-22", Why: "w"}}),
		err1, err2)
}

func sample(typ reflect.Type) reflect.Value {
	switch typ.Kind() {
	case reflect.Slice:
		s := reflect.MakeSlice(typ, 1, 1)
		if typ.Elem().Kind() == reflect.Struct && typ.Elem().NumField() > 0 {
			if f := s.Index(0).FieldByName("Registry"); f.IsValid() {
				f.SetString("x")
			}
		}
		return s
	case reflect.Map:
		m := reflect.MakeMap(typ)
		m.SetMapIndex(reflect.Zero(typ.Key()), reflect.Zero(typ.Elem()))
		return m
	case reflect.String:
		return reflect.ValueOf("x").Convert(typ)
	}
	return reflect.Zero(typ)
}
