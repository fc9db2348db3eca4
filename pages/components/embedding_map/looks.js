// ---- looks: colours by theme, sizes by zoom, and how each point is painted ----------------------------------------

const MOST_RINGED = 400;

function themeOf(map) {
  const style = getComputedStyle(map.parts.root);
  const value = (name) => style.getPropertyValue(name).trim();
  const [background, text, accent] = ["--st-background-color", "--st-text-color", "--st-primary-color"].map(value);
  const packed = packedColour(background);
  const dark = (packed & 255) * 0.3 + ((packed >> 8) & 255) * 0.59 + (packed >> 16) * 0.11 < 128;
  return { background, text, accent, dark, key: [background, text, accent].join() };
}

function recolour(map) {
  map.figure.camera = null;
  refreshLook(map);
  colourDots(map);
  restyle(map);
  map.parts.root.classList.toggle("dark", map.theme.dark);
  rest(map, 0);
}

/** Sizes by number of points, stage and zoom; colours by theme. Packed colours are 0xBBGGRR. */
function refreshLook(map) {
  const { theme, points, stage } = map;
  const names = theme.dark ? map.palette.dark : map.palette.light;
  const zoom = map.home ? clamp((map.camera.scale / map.home.scale) ** 0.3, 1, 2.4) : 1;
  const room = clamp(Math.sqrt(Math.min(stage.width, stage.height) / 700), 0.8, 1.35);
  const base = clamp(5 * (10_000 / Math.max(points.count, 1)) ** 0.21, 2.4, 9);
  map.look = {
    size: Math.round(base * zoom * room * 4) / 4,
    outlined: points.count <= MOST_SVG_POINTS,
    ring: clamp(base * 0.3, 1.4, 2.75),
    alphas: [theme.dark ? 34 : 30, 72, points.count > 30_000 ? 168 : 218],
    names,
    colours: names.map(packedColour),
    background: packedColour(theme.background),
    backgroundName: theme.background,
    accent: packedColour(theme.accent),
    accentName: theme.accent,
    textName: theme.text,
  };
}

function colourDots(map) {
  for (const dot of map.parts.root.querySelectorAll("[data-group]")) {
    dot.style.background = map.look.names[dot.dataset.group];
  }
}

/**
 * Decide how each point is painted, and in which order. A few selected points wear rings; among many, rings would hide
 * the colours, so there the others fade.
 */
function restyle(map) {
  if (!map.points) return;
  const { points, kept, selection, hoverCluster } = map;
  const style = new Uint8Array(points.count);
  const selected = selection === null ? 0 : selection.reduce((sum, bit) => sum + bit, 0);
  const ring = selected <= MOST_RINGED ? CHOSEN : 0;
  const fades = selected > 1 && hoverCluster === null;
  for (let i = 0; i < points.count; i++) {
    const chosen = selected > 0 && selection[i] === 1;
    if (kept !== null && kept[i] === 0) style[i] = LEVEL.dimmed;
    else if (hoverCluster === null ? fades && !chosen : points.cluster[i] !== hoverCluster) style[i] = LEVEL.faded;
    else style[i] = LEVEL.plain;
    if (chosen) style[i] |= ring;
  }
  map.plain = style.every((one) => one === LEVEL.plain);
  map.style = style;
  map.order = paintingOrder(style, map.group);
  map.redraw();
}
