package typosquatatpublish

import "assay.invalid/internal/assay"

// likeness is a name that could be mistaken for a popular one.
type likeness struct{ kind, name, popular string }

// names are one of each kind. The popular ones have been among the most used
// of their ecosystem for years, so that any list of popular names has them.
func names(e assay.Ecosystem) []likeness {
	switch e {
	case assay.NPM:
		return []likeness{
			{"omission", "lodsh", "lodash"},
			{"insertion", "expresss", "express"},
			{"transposition", "axois", "axios"},
			{"substitution", "webpeck", "webpack"},
			{"keyboard neighbour", "eslimt", "eslint"},
			{"separator", "body.parser", "body-parser"},
			{"word order", "env-cross", "cross-env"},
			{"version suffix", "express4", "express"},
			{"scope left out", "types-node", "@types/node"},
			{"homoglyph", "1odash", "lodash"},
			{"combination with a brand", "react-official", "react"},
		}
	case assay.Golang:
		return []likeness{
			{"omission", "github.com/sirupsen/logrs", "github.com/sirupsen/logrus"},
			{"insertion", "github.com/spf13/cobbra", "github.com/spf13/cobra"},
			{"transposition", "github.com/gorilla/mxu", "github.com/gorilla/mux"},
			{"substitution", "github.com/stretchr/testefy", "github.com/stretchr/testify"},
			{"keyboard neighbour", "github.com/google/uuod", "github.com/google/uuid"},
			{"separator", "github.com/aws/aws_sdk_go", "github.com/aws/aws-sdk-go"},
			{"word order", "github.com/aws/sdk-aws-go", "github.com/aws/aws-sdk-go"},
			{"version suffix", "github.com/spf13/viper2", "github.com/spf13/viper"},
			{"another owner", "github.com/testify/testify", "github.com/stretchr/testify"},
			{"homoglyph", "github.com/g0rilla/mux", "github.com/gorilla/mux"},
			{"combination with a brand", "github.com/google/uuid-official", "github.com/google/uuid"},
		}
	}
	return nil
}

// unlike are a short and a long name that are like no popular one: words that
// no name has, around random letters.
func unlike(e assay.Ecosystem, seed string) (short, long string) {
	if len(seed) > 4 {
		seed = seed[:4]
	}
	short, long = "q"+seed+"z", "quiet-harbour-"+seed+"-ledger"
	if e == assay.Golang {
		return "github.com/" + short + "/" + short, "github.com/" + long + "/" + long
	}
	return short, long
}
