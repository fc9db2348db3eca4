/* Scrolling content of any height: an element taller than browsers allow is scrolled at a scale. */

const TALLEST_ELEMENT = 16_000_000; // Chromium stops at about 33 million pixels, Firefox at about 17
const FAST_PIXELS_PER_MS = 6;
const SETTLED_AFTER_MS = 90;

class Scroller {
  /** `onMove` is called when other content has come into sight, `onSettle` when scrolling has stopped. */
  constructor(port, content, onMove, onSettle) {
    this._port = port;
    this._content = content;
    this._onMove = onMove;
    this._onSettle = onSettle;
    this._last = { scrollTop: 0, time: 0 };
    this.top = 0; // of the window onto the content, in content pixels
    this.fast = false;
    this.height = 0;
    this.viewport = 0;
    port.addEventListener("scroll", () => this._scrolled(), { passive: true });
  }

  /** What to subtract from a height in the content to get a height in the scrolled element. */
  get shift() {
    return this.top - this._last.scrollTop;
  }

  resize(contentHeight) {
    this.height = contentHeight;
    this.viewport = this._port.clientHeight;
    this._content.style.height = `${Math.min(contentHeight, TALLEST_ELEMENT)}px`;
  }

  scrollTo(top) {
    this.top = Math.max(0, Math.min(top, this.height - this.viewport));
    this._port.scrollTop = this.top / this._scale();
    this._last = { scrollTop: this._port.scrollTop, time: performance.now() };
    if (this._scale() === 1) this.top = this._last.scrollTop;
    this._onMove();
  }

  /** Scroll just so far that top…bottom is in sight. */
  reveal(top, bottom) {
    if (top < this.top || bottom - top > this.viewport) this.scrollTo(top - GAP);
    else if (bottom > this.top + this.viewport) this.scrollTo(bottom - this.viewport + GAP);
  }

  _scale() {
    if (this.height <= TALLEST_ELEMENT) return 1;
    return (this.height - this.viewport) / (TALLEST_ELEMENT - this.viewport);
  }

  _scrolled() {
    const scrollTop = this._port.scrollTop;
    const time = performance.now();
    const moved = scrollTop - this._last.scrollTop;
    if (moved === 0) return;
    this.fast = Math.abs(moved) > FAST_PIXELS_PER_MS * Math.max(8, time - this._last.time);
    this._last = { scrollTop, time };
    const byHand = Math.abs(moved) < 2 * this.viewport; // a wheel or a key; a dragged scroll bar jumps farther
    if (this._scale() === 1) this.top = scrollTop;
    else this.top = byHand ? this._clamped(this.top + moved) : scrollTop * this._scale();
    this._onMove();
    clearTimeout(this._settling);
    this._settling = setTimeout(() => this._settle(), SETTLED_AFTER_MS);
  }

  /** At a scale, small steps move the bar less than the content: put the bar where it belongs. */
  _settle() {
    this.fast = false;
    if (this._scale() !== 1) this.scrollTo(this.top);
    this._onSettle();
  }

  _clamped(top) {
    return Math.max(0, Math.min(top, this.height - this.viewport));
  }
}
