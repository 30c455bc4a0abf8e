package served

import "assay.invalid/internal/scorecard"

// Upstream is the instance's upstream, or the error that says that there is
// none of ours.
func Upstream(b *scorecard.Bench) (scorecard.Upstream, error) {
	if b.Instance == nil {
		return nil, scorecard.Untold("no driver started this instance, so nothing can be offered upstream")
	}
	up := b.Instance.Upstream(b.Protocol.Ecosystem())
	if up == nil {
		return nil, scorecard.Untold("this instance pulls nothing through from an upstream of ours")
	}
	return up, nil
}
