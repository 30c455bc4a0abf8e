package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// maxScreen bounds the height of a picture: the rest of a long list looks
// like its beginning.
const maxScreen = 6000

// screens leaves a picture of the page for each width and scheme in a folder.
func (b *tab) screens(folder, name string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("making the folder for pictures: %w", err)
	}
	for _, width := range []int64{desk, phone} {
		for _, s := range []scheme{light, dark} {
			if err := b.show(medium{width: width, scheme: s}); err != nil {
				return err
			}
			height, err := chromedp.Run(b.ctx, chromedp.Evaluate[float64]("scrollTo(0, 0), document.activeElement?.blur(), document.documentElement.scrollHeight"))
			if err != nil {
				return err
			}
			beyond := true
			shot, err := chromedp.Call(b.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{
				CaptureBeyondViewport: &beyond,
				Clip:                  &page.Viewport{Width: float64(width), Height: min(max(height, 900), maxScreen), Scale: 1},
			})
			if err != nil {
				return fmt.Errorf("taking a picture: %w", err)
			}
			file := fmt.Sprintf("%s-%d-%s.png", strings.ReplaceAll(name, " ", "-"), width, s)
			if err := os.WriteFile(filepath.Join(folder, file), shot.Data, 0o644); err != nil {
				return fmt.Errorf("keeping a picture: %w", err)
			}
		}
	}
	return nil
}
