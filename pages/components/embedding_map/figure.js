// ---- figure: the Plotly plot --------------------------------------------------------------------------------------
// Plotly draws the map at rest. A redraw of it takes 0.1 s and more, so it follows the camera when that has come to
// rest, under the painter's bitmap; what it costs is never in the way of a hand.

const MOST_SVG_POINTS = 4000;

let plotlyLoading = null;

/** Load plotly.js once a page. */
function loadPlotly() {
  plotlyLoading ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve(window.Plotly);
    const script = document.createElement("script");
    script.src = "/api/assets/plotly.min.js";
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("plotly.min.js could not be loaded."));
    return document.head.append(script);
  });
  return plotlyLoading;
}

/** "scatter" (SVG) for few points, "scattergl" where a graphics card draws, null where the painter is the quickest. */
function traceTypeFor(count) {
  if (count <= MOST_SVG_POINTS) return "scatter";
  return hasGraphicsCard() ? "scattergl" : null;
}

/** Whether WebGL runs on hardware: software WebGL takes a second to start and 0.4 s to move 100,000 points. */
function hasGraphicsCard() {
  const context = document.createElement("canvas").getContext("webgl", { failIfMajorPerformanceCaveat: true });
  if (!context) return false;
  const names = context.getExtension("WEBGL_debug_renderer_info");
  const renderer = names ? String(context.getParameter(names.UNMASKED_RENDERER_WEBGL)) : "";
  context.getExtension("WEBGL_lose_context")?.loseContext();
  return !/swiftshader|llvmpipe|softpipe|software|basic render/i.test(renderer);
}

/** One trace a colour, in the painter's order, so that both draw the same picture. */
function tracesFor(scene, type, look) {
  const groups = [UNCLUSTERED, OTHER, ...Array(COLOURED).keys()];
  const members = groups.map(() => []);
  const place = new Map(groups.map((group, at) => [group, at]));
  for (let i = 0; i < scene.points.count; i++) members[place.get(scene.group[i])].push(i);
  return groups.map((group, at) => ({
    type,
    mode: "markers",
    x: Float32Array.from(members[at], (i) => scene.points.x[i]),
    y: Float32Array.from(members[at], (i) => scene.points.y[i]),
    hoverinfo: "skip",
    marker: {
      color: look.names[group],
      size: look.size,
      opacity: look.alphas[LEVEL.plain] / 256,
      line: { width: look.outlined ? 1 : 0, color: look.backgroundName },
    },
  }));
}

function layoutFor(camera, stage) {
  const halfWidth = stage.width / 2 / camera.scale;
  const halfHeight = stage.height / 2 / camera.scale;
  const axis = { visible: false, fixedrange: true };
  return {
    width: stage.width,
    height: stage.height,
    margin: { l: 0, r: 0, t: 0, b: 0 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    showlegend: false,
    hovermode: false,
    dragmode: false,
    xaxis: { ...axis, range: [camera.x - halfWidth, camera.x + halfWidth] },
    yaxis: { ...axis, range: [camera.y - halfHeight, camera.y + halfHeight], scaleanchor: "x" },
  };
}

/** Draw the whole figure into `element`; resolves when it shows `camera`. */
async function drawFigure(element, scene, type, camera, stage, look) {
  const Plotly = await loadPlotly();
  await Plotly.react(element, tracesFor(scene, type, look), layoutFor(camera, stage), {
    staticPlot: true,
    displayModeBar: false,
    plotGlPixelRatio: stage.density,
  });
}

/** Bring a drawn figure to another camera. */
async function moveFigure(element, camera, stage, look) {
  const layout = layoutFor(camera, stage);
  await window.Plotly.update(
    element,
    { "marker.size": look.size },
    { width: layout.width, height: layout.height, "xaxis.range": layout.xaxis.range, "yaxis.range": layout.yaxis.range },
  );
}
