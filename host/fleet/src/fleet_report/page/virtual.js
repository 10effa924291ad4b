// Long lists: only the rows in sight are in the page.

/** How far beyond the edges rows are made, in pixels. */
const BEYOND = 600;

/** A list in an element that scrolls. Its rows have known heights. */
export class VirtualList {
  /** `scroller` scrolls; `make(index)` makes the element of a row. */
  constructor(scroller, make, { role, label } = {}) {
    this.scroller = scroller;
    this.make = make;
    this.shown = new Map();
    this.tops = [0];
    this.body = document.createElement("div");
    this.body.className = "virtual";
    if (role) this.body.setAttribute("role", role);
    if (label) this.body.setAttribute("aria-label", label);
    scroller.append(this.body);
    this.frame = 0;
    this.onScroll = () => {
      if (this.frame === 0) this.frame = requestAnimationFrame(() => this.draw());
    };
    scroller.addEventListener("scroll", this.onScroll, { passive: true });
    this.sizes = new ResizeObserver(this.onScroll);
    this.sizes.observe(scroller);
  }

  /** Takes rows: how many, and the height of each in pixels. */
  reset(length, heightOf) {
    this.tops = new Array(length + 1);
    this.tops[0] = 0;
    for (let index = 0; index < length; index += 1) this.tops[index + 1] = this.tops[index] + heightOf(index);
    this.body.style.height = `${this.tops[length]}px`;
    this.redraw();
  }

  get length() {
    return this.tops.length - 1;
  }

  /** Makes the rows in sight again. */
  redraw() {
    for (const element of this.shown.values()) element.remove();
    this.shown.clear();
    this.draw();
  }

  /** The row at a height. */
  at(height) {
    let [low, high] = [0, this.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.tops[middle] <= height) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }

  draw() {
    this.frame = 0;
    if (this.length === 0) return;
    const { scrollTop, clientHeight } = this.scroller;
    const first = this.at(scrollTop - BEYOND);
    const last = this.at(scrollTop + clientHeight + BEYOND);
    for (const [index, element] of this.shown) {
      if (index < first || index > last) {
        element.remove();
        this.shown.delete(index);
      }
    }
    // In their order, which is that of reading.
    let next = null;
    for (let index = last; index >= first; index -= 1) {
      let element = this.shown.get(index);
      if (!element) {
        element = this.make(index);
        element.style.top = `${this.tops[index]}px`;
        this.shown.set(index, element);
        this.body.insertBefore(element, next);
      }
      next = element;
    }
  }

  /** Scrolls until a row is in sight; `align` is `near`, `middle` or `top`. */
  reveal(index, align = "near") {
    const { scrollTop, clientHeight } = this.scroller;
    const [top, bottom] = [this.tops[index], this.tops[index + 1]];
    if (align === "top") this.scroller.scrollTop = Math.max(0, top - 8);
    else if (align === "middle" && (top < scrollTop || bottom > scrollTop + clientHeight)) this.scroller.scrollTop = top - clientHeight / 2;
    else if (top < scrollTop) this.scroller.scrollTop = top;
    else if (bottom > scrollTop + clientHeight) this.scroller.scrollTop = bottom - clientHeight;
    this.draw();
  }

  /** Lets go of the scroller. */
  destroy() {
    this.sizes.disconnect();
    this.scroller.removeEventListener("scroll", this.onScroll);
    cancelAnimationFrame(this.frame);
    this.body.remove();
  }
}
