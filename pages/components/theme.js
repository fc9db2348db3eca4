/* Whether the page is dark, for colours that Streamlit's theme does not carry. */

function markTheme(root) {
  const host = root.host ?? root;
  const parts = getComputedStyle(host).getPropertyValue("--st-background-color").match(/[\da-f]{2}/gi);
  const [red, green, blue] = parts?.map((part) => parseInt(part, 16)) ?? [255, 255, 255];
  host.classList?.toggle("dark-theme", red * 0.3 + green * 0.59 + blue * 0.11 < 128);
}
