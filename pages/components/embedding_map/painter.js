// ---- painter: all points into one bitmap, on the processor --------------------------------------------------------
// It needs no WebGL and takes about 10 ms for 100,000 points, so it draws every moving frame, whatever the machine,
// and everything that Plotly would have to redraw whole: filters, selections, a cluster under the pointer.

const LEVEL = { dimmed: 0, faded: 1, plain: 2 };
const CHOSEN = 4;
const COLOURED = 20;
const OTHER = 20;
const UNCLUSTERED = 21;
const SUBPIXELS = 4;

const discs = new Map();

/** A disc's coverage, 0 to 256, with a round hole if given, for each of 4 × 4 places of its centre within a pixel. */
function discMasks(radius, hole = 0) {
  const key = Math.round(radius * 8) * 4096 + Math.round(hole * 8);
  if (!discs.has(key)) {
    if (discs.size > 200) discs.clear();
    discs.set(key, newDiscMasks(radius, hole));
  }
  return discs.get(key);
}

function newDiscMasks(radius, hole) {
  const reach = Math.ceil(radius + 0.5);
  const side = 2 * reach + 1;
  const masks = [];
  for (let at = 0; at < SUBPIXELS * SUBPIXELS; at++) {
    const cx = reach + ((at % SUBPIXELS) + 0.5) / SUBPIXELS;
    const cy = reach + (Math.floor(at / SUBPIXELS) + 0.5) / SUBPIXELS;
    const mask = new Uint16Array(side * side);
    for (let i = 0; i < mask.length; i++) {
      const distance = Math.hypot((i % side) + 0.5 - cx, Math.floor(i / side) + 0.5 - cy);
      mask[i] = Math.round(256 * (covered(radius, distance) - (hole ? covered(hole, distance) : 0)));
    }
    masks.push(mask);
  }
  return { reach, side, masks };
}

/** How much of a pixel at `distance` from the centre a disc covers, 0 to 1. */
function covered(radius, distance) {
  return Math.min(Math.max(radius + 0.5 - distance, 0), 1);
}

/** A surface of the stage's size in device pixels. */
function newSurface(canvas, stage) {
  const width = Math.max(1, Math.round(stage.width * stage.density));
  const height = Math.max(1, Math.round(stage.height * stage.density));
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { alpha: false });
  const image = context.createImageData(width, height);
  return { context, image, width, height, pixels: new Uint32Array(image.data.buffer) };
}

function blendDisc(surface, x, y, disc, colour, alpha) {
  const { pixels, width, height } = surface;
  const px = Math.floor(x);
  const py = Math.floor(y);
  const mask = disc.masks[((y - py) * SUBPIXELS | 0) * SUBPIXELS + ((x - px) * SUBPIXELS | 0)];
  const { reach, side } = disc;
  const firstColumn = Math.max(0, reach - px);
  const lastColumn = Math.min(side, width - px + reach);
  const firstRow = Math.max(0, reach - py);
  const lastRow = Math.min(side, height - py + reach);
  const redBlue = colour & 0xff00ff;
  const green = colour & 0x00ff00;
  for (let row = firstRow; row < lastRow; row++) {
    let at = (py - reach + row) * width + px - reach + firstColumn;
    let from = row * side + firstColumn;
    for (let column = firstColumn; column < lastColumn; column++, at++, from++) {
      const share = (mask[from] * alpha) >> 8;
      if (share === 0) continue;
      const below = pixels[at];
      const belowRedBlue = below & 0xff00ff;
      const belowGreen = below & 0x00ff00;
      pixels[at] =
        0xff000000 |
        ((belowRedBlue + (Math.imul(redBlue - belowRedBlue, share) >> 8)) & 0xff00ff) |
        ((belowGreen + (Math.imul(green - belowGreen, share) >> 8)) & 0x00ff00);
    }
  }
}

/** Paint `scene.order` from first to last; `look` gives sizes in stage pixels and colours. */
function paintPoints(surface, scene, camera, stage, look) {
  const { points, order } = scene;
  const shapes = pointShapes(look, stage.density);
  const scale = camera.scale * stage.density;
  const left = surface.width / 2 - camera.x * scale;
  const top = surface.height / 2 + camera.y * scale;
  const { reach } = shapes.ring;
  surface.pixels.fill(0xff000000 | look.background);
  for (let at = 0; at < order.length; at++) {
    const i = order[at];
    const x = left + points.x[i] * scale;
    const y = top - points.y[i] * scale;
    if (x < -reach || y < -reach || x >= surface.width + reach || y >= surface.height + reach) continue;
    paintPoint(surface, x, y, scene.style[i], look.colours[scene.group[i]], shapes, look);
  }
  surface.context.putImageData(surface.image, 0, 0);
}

function pointShapes(look, density) {
  const radius = (look.size / 2) * density;
  const half = 0.5 * density;
  return {
    plain: discMasks(look.outlined ? radius - half + 0.5 : radius),
    outline: look.outlined ? discMasks(radius + half, radius - half) : null,
    chosen: discMasks(radius),
    gap: discMasks(radius + look.ring * 0.45 * density),
    ring: discMasks(radius + look.ring * density),
  };
}

function paintPoint(surface, x, y, style, colour, shapes, look) {
  const level = style & 3;
  const alpha = look.alphas[level];
  if (style & CHOSEN) {
    blendDisc(surface, x, y, shapes.ring, look.accent, Math.max(alpha, 200));
    blendDisc(surface, x, y, shapes.gap, look.background, 256);
    blendDisc(surface, x, y, shapes.chosen, colour, 256);
    return;
  }
  blendDisc(surface, x, y, shapes.plain, colour, alpha);
  if (shapes.outline !== null && level === LEVEL.plain) blendDisc(surface, x, y, shapes.outline, look.background, alpha);
}

/** Positions in painting order: dimmed first, chosen last; within these grey first and the smallest clusters last. */
function paintingOrder(style, group) {
  const rank = (i) => style[i] * 32 + (group[i] < COLOURED ? 2 + group[i] : UNCLUSTERED - group[i]);
  const starts = new Int32Array(8 * 32 + 1);
  for (let i = 0; i < style.length; i++) starts[rank(i) + 1]++;
  for (let at = 1; at < starts.length; at++) starts[at] += starts[at - 1];
  const order = new Uint32Array(style.length);
  for (let i = 0; i < style.length; i++) order[starts[rank(i)]++] = i;
  return order;
}

function colourGroups(points) {
  const group = new Uint8Array(points.count);
  for (let i = 0; i < points.count; i++) group[i] = groupOf(points.cluster[i]);
  return group;
}

function groupOf(cluster) {
  if (cluster === NOISE) return UNCLUSTERED;
  return cluster < COLOURED ? cluster : OTHER;
}

/** "#rrggbb" or "rgb(…)" as 0xBBGGRR, the order of a canvas's bytes. */
function packedColour(text) {
  const hex = text.trim().match(/^#([0-9a-f]{6})/i);
  const [red, green, blue] = hex
    ? [0, 2, 4].map((at) => parseInt(hex[1].slice(at, at + 2), 16))
    : text.match(/[\d.]+/g).map(Number);
  return (blue << 16) | (green << 8) | red;
}
