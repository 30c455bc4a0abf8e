package wire

// RepairedTags returns the dist-tags for readers who may not have the denied
// versions. A tag that points to a listed version that is not denied stays.
// Any other moves:
//
//   - from a release to the newest allowed release at or below it, else to
//     the newest allowed release; never to a pre-release, which nobody asked
//     for. Without an allowed release the tag is left out, latest too: npm
//     then says why the releases are refused, where it would otherwise
//     install a pre-release unasked.
//   - from a pre-release to the newest allowed pre-release of the same
//     channel ("beta") at or below it, else it is left out. Only latest goes
//     on looking: it was a pre-release already, so any allowed version does,
//     releases first.
//
// A tag whose version has no order, or is not listed at all, is treated
// alike; without an order only latest is moved.
func (p *Packument) RepairedTags(denied func(i int) bool) []Tag {
	tags := make([]Tag, 0, len(p.Tags))
	for _, tag := range p.Tags {
		if i := p.Find(tag.Version); i < 0 || denied(i) {
			i = p.moveTag(tag, denied)
			if i < 0 {
				continue
			}
			tag.Version = p.Versions[i].Version
		}
		tags = append(tags, tag)
	}
	return tags
}

// moveTag returns the index of the version that a tag moves to, or -1.
func (p *Packument) moveTag(tag Tag, denied func(i int) bool) int {
	from, ok := parseVersion(tag.Version)
	latest := tag.Name == "latest"
	if !ok && !latest {
		return -1
	}
	// The newest of each sort.
	release, releaseBelow, channel, other := -1, -1, -1, -1
	for n := len(p.ordered) - 1; n >= 0; n-- {
		i := int(p.ordered[n])
		if denied(i) {
			continue
		}
		v := p.Versions[i].parsed
		below := ok && v.compare(from) <= 0
		switch {
		case v.pre != "":
			first(&other, i)
			if below && v.channel() == from.channel() {
				first(&channel, i)
			}
		default:
			first(&release, i)
			if below {
				first(&releaseBelow, i)
			}
		}
		if releaseBelow >= 0 && (from.pre == "" || channel >= 0) {
			break
		}
	}
	if from.pre != "" {
		switch {
		case channel >= 0 || !latest:
			return channel
		case releaseBelow >= 0:
			return releaseBelow
		case release >= 0:
			return release
		}
		return other
	}
	if releaseBelow >= 0 {
		return releaseBelow
	}
	return release
}

func first(at *int, i int) {
	if *at < 0 {
		*at = i
	}
}
