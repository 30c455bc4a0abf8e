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
	case assay.PyPI:
		return []likeness{
			{"omission", "reqests", "requests"},
			{"insertion", "djangoo", "django"},
			{"transposition", "numyp", "numpy"},
			{"substitution", "pondas", "pandas"},
			{"keyboard neighbour", "flaak", "flask"},
			{"separator", "charsetnormalizer", "charset-normalizer"},
			{"word order", "dateutil-python", "python-dateutil"},
			{"version suffix", "requests3", "requests"},
			{"name of the language", "python-boto3", "boto3"},
			{"homoglyph", "ur1lib3", "urllib3"},
			{"combination with a brand", "tensorflow-official", "tensorflow"},
		}
	case assay.Cargo:
		return []likeness{
			{"omission", "tokoi", "tokio"},
			{"insertion", "serrde", "serde"},
			{"transposition", "regxe", "regex"},
			{"substitution", "chrano", "chrono"},
			{"keyboard neighbour", "anyjow", "anyhow"},
			{"separator", "serdejson", "serde_json"},
			{"word order", "json-serde", "serde_json"},
			{"version suffix", "reqwest2", "reqwest"},
			{"name of the language", "rust-hyper", "hyper"},
			{"homoglyph", "t0kio", "tokio"},
			{"combination with a brand", "tokio-official", "tokio"},
		}
	case assay.Maven:
		return []likeness{
			{"omission", "com.google.guava/guva", "com.google.guava/guava"},
			{"insertion", "org.slf4j/slf4jj-api", "org.slf4j/slf4j-api"},
			{"transposition", "commons-io/comomns-io", "commons-io/commons-io"},
			{"substitution", "org.mockito/mockito-cure", "org.mockito/mockito-core"},
			{"keyboard neighbour", "org.projectlombok/lonbok", "org.projectlombok/lombok"},
			{"separator", "org.slf4j/slf4j.api", "org.slf4j/slf4j-api"},
			{"word order", "org.slf4j/api-slf4j", "org.slf4j/slf4j-api"},
			{"version suffix", "org.projectlombok/lombok2", "org.projectlombok/lombok"},
			{"another owner", "org.goggle.guava/guava", "com.google.guava/guava"},
			{"homoglyph", "com.g00gle.guava/guava", "com.google.guava/guava"},
			{"combination with a brand", "com.google.code.gson/gson-official", "com.google.code.gson/gson"},
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
	switch e {
	case assay.Golang:
		return "github.com/" + short + "/" + short, "github.com/" + long + "/" + long
	case assay.Maven:
		return short + "." + short + "/" + short, "quiet-harbour." + long + "/" + long
	}
	return short, long
}
