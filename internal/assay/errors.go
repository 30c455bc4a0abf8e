package assay

import (
	"errors"
	"fmt"
	"time"
)

// Kind is one of the closed set of error kinds. Callers branch on kinds, and
// each protocol renders them its own way.
type Kind uint8

// The kinds.
const (
	Internal        Kind = iota // a fault of ours; details stay in the log
	Invalid                     // the request or input is malformed
	NotFound                    // no such thing
	Denied                      // refused by policy; the error carries the decision
	Unauthenticated             // say who you are
	Forbidden                   // known, and not allowed
	Conflict                    // exists already, or changed meanwhile
	TooLarge                    // over a limit
	Exhausted                   // no room left: disk full, too many requests
	Unavailable                 // an upstream cannot be reached or is failing
	Unsound                     // an upstream's answer is not what it must be
	Canceled                    // the asker went away
)

var kindNames = [...]string{"internal", "invalid", "not found", "denied", "unauthenticated", "forbidden",
	"conflict", "too large", "exhausted", "unavailable", "unsound", "canceled"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "internal"
}

// Error is an error of a known kind. Message is written for the person at
// the terminal: what was refused or failed, why, what to do. Err is the
// private cause, for the log.
type Error struct {
	Kind    Kind
	Message string
	Err     error

	// Decision and Subject are set on Denied.
	Decision *Decision
	Subject  Coordinate
	// Status is the upstream's own status code where one was received.
	Status int
	// RetryAfter is set where waiting helps.
	RetryAfter time.Duration
}

func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	if e.Message == "" {
		return e.Err.Error()
	}
	return e.Message + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an error whose text is public. A %w operand becomes its
// private cause as well.
func Errorf(kind Kind, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Message: err.Error(), Err: errors.Unwrap(err)}
}

// Wrap puts what was being done and a kind around a cause that stays private.
func Wrap(kind Kind, cause error, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), Err: cause}
}

// KindOf returns the kind of the first *Error in the chain, else Internal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is tells whether err is of the kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// PublicMessage returns the text that may be shown to the asker: the message
// of the first *Error in the chain, or a sentence that reveals nothing.
func PublicMessage(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Message != "" {
		return e.Message
	}
	return "Assay failed to answer; its log says why"
}
