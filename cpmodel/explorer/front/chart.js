// Fan charts, bands of differences, what binds, and the map of tiles: small SVG drawings, told again in words.
const INK = "#16302f", QUIET = "#4a5e5d", HAIR = "#c9d3d1", TEAL = "#0b5c62", ORANGE = "#943607", BAND = "#d5e6e5",
  INNER = "#9cc5c5";
const SHADES = ["#eef4e4", "#c9dfc9", "#8fc2b5", "#63adab", "#1c6f78", "#0a4650"];
const COUNTS = ["office_capacity", "fiscal_cost"];  // the others are shares
const WIDE = 320, HIGH = 190, LEFT = 38, RIGHT = 30, TOP = 10, FOOT = 22;

function scales(years, low, high) {
  const x = (year) => LEFT + (WIDE - LEFT - RIGHT) * (year - years[0]) / Math.max(years.at(-1) - years[0], 1);
  const y = (value) => TOP + (HIGH - TOP - FOOT) * (1 - (value - low) / Math.max(high - low, 1e-12));
  return [x, y];
}
function line(x, y, years, values) {
  return years.map((year, i) => `${i ? "L" : "M"}${x(year).toFixed(1)},${y(values[i]).toFixed(1)}`).join("");
}
function band(x, y, years, low, high) {
  const back = [...years].reverse().map((year, i) => `L${x(year).toFixed(1)},${y(high.at(-1 - i)).toFixed(1)}`).join("");
  return line(x, y, years, low) + back + "Z";
}
function bandsOf(svg, x, y, years, { p10, p25, p75, p90 }) {  // an edge shows them to who sees little difference of shade
  svg.append(draw("path", { d: band(x, y, years, p10, p90), fill: BAND, stroke: QUIET, "stroke-width": 0.5 }));
  svg.append(draw("path", { d: band(x, y, years, p25, p75), fill: INNER, stroke: QUIET, "stroke-width": 0.5 }));
}
function axes(svg, x, y, years, ticks, print) {
  for (const tick of ticks) {
    svg.append(draw("line", { x1: LEFT, x2: WIDE - RIGHT, y1: y(tick), y2: y(tick), stroke: HAIR, "stroke-width": 0.6 }));
    svg.append(draw("text", { x: LEFT - 4, y: y(tick) + 3.5, "text-anchor": "end", "font-size": 10, fill: QUIET }, print(tick)));
  }
  const middle = years[Math.floor(years.length / 2)];
  for (const year of [years[0], middle, years.at(-1)])
    svg.append(draw("text", { x: x(year), y: HIGH - 6, "text-anchor": "middle", "font-size": 10, fill: QUIET }, String(year)));
}
function ticksOf(low, high) {
  const span = Math.max(high - low, 1e-9), size = 10 ** Math.floor(Math.log10(span / 3));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * size).find((s) => span / s <= 4) ?? span;
  const found = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high + 1e-9; tick += step) found.push(Math.abs(tick) < 1e-12 ? 0 : tick);
  return found;
}
function printer(name, language, ticks) {
  const scale = COUNTS.includes(name) ? 1 : 100;
  const step = ticks.length > 1 ? scale * Math.abs(ticks[1] - ticks[0]) : 1;
  const places = [0, 1, 2, 3, 4].find((count) => Math.abs(step * 10 ** count - Math.round(step * 10 ** count)) < 1e-6) ?? 4;
  return (tick) => figure(scale * tick, language, places);
}
function fan(name, data, years, language, words) {
  const asked = data.targets.filter((target) => years.includes(target.year));
  const top = Math.max(...data.p90, ...data.ghost, ...(data.full?.p90 ?? []), ...asked.map((target) => target.high ?? target.low), COUNTS.includes(name) ? 1 : 0.01) * 1.08;
  const [x, y] = scales(years, 0, top);
  const last = years.length - 1, tell = (value) => shown(name, value, language);
  const alt = filled(words["fan.alt"][language], { name: words["fan." + name][language], year: years[last], p50: tell(data.p50[last]),
    p10: tell(data.p10[last]), p90: tell(data.p90[last]), ghost: tell(data.ghost[last]),
    H1: data.H1 ? tell(data.H1[last]) : "–", H2: data.H2 ? tell(data.H2[last]) : "–" });
  const svg = draw("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": alt, "data-fan": name });
  svg.append(draw("title", {}, alt));
  const ticks = ticksOf(0, top);
  axes(svg, x, y, years, ticks, printer(name, language, ticks));
  bandsOf(svg, x, y, years, data);
  svg.append(draw("path", { d: line(x, y, years, data.ghost), fill: "none", stroke: QUIET, "stroke-width": 1.2, "stroke-dasharray": "5 3" }));
  const thin = { H1: "none", H2: "1.5 2.5" };
  for (const variant of ["H1", "H2"]) if (data[variant]) {
    svg.append(draw("path", { d: line(x, y, years, data[variant]), fill: "none", stroke: INK, "stroke-width": 1, "stroke-dasharray": thin[variant] }));
  }
  svg.append(draw("path", { d: line(x, y, years, data.p50), fill: "none", stroke: TEAL, "stroke-width": 2.4, class: "median" }));
  years.forEach((year, i) => data.full && svg.append(
    draw("line", { x1: x(year), x2: x(year), y1: y(data.full.p10[i]), y2: y(data.full.p90[i]), stroke: INK, "stroke-width": 0.8 }),
    draw("circle", { cx: x(year), cy: y(data.full.p50[i]), r: 2.4, fill: INK, class: "full" })));
  if (data.H1 && data.H2) {
    const apart = Math.abs(y(data.H1[last]) - y(data.H2[last])) > 9;
    const label = (text, at) => svg.append(draw("text", { x: WIDE - RIGHT + 3, y: at + 3.5, "font-size": 10, fill: INK }, text));
    if (apart) for (const variant of ["H1", "H2"]) label(variant, y(data[variant][last]));
    else label("H1·2", (y(data.H1[last]) + y(data.H2[last])) / 2);
  }
  for (const target of asked) {
    const at = x(target.year), low = y(target.low);
    if (target.high) svg.append(draw("line", { x1: at, x2: at, y1: low, y2: y(target.high), stroke: ORANGE, "stroke-width": 2 }));
    svg.append(draw("path", { d: `M${at},${low - 5}l5,5l-5,5l-5,-5Z`, fill: ORANGE, stroke: "#fff" }));
  }
  return svg;
}
function gap(name, data, years, language, label) {
  const low = Math.min(...data.p10, 0), high = Math.max(...data.p90, 0), room = Math.max(high - low, 1e-9) * 0.08;
  const [x, y] = scales(years, low - room, high + room);
  const svg = draw("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": label });
  const ticks = ticksOf(low - room, high + room);
  axes(svg, x, y, years, ticks, printer(name, language, ticks));
  bandsOf(svg, x, y, years, data);
  svg.append(draw("line", { x1: LEFT, x2: WIDE - RIGHT, y1: y(0), y2: y(0), stroke: INK, "stroke-width": 0.8 }));
  svg.append(draw("path", { d: line(x, y, years, data.p50), fill: "none", stroke: TEAL, "stroke-width": 2.4 }));
  return svg;
}
function folded(text, room) {  // the lines of a name that is longer than its column
  return text.split(" ").reduce((lines, word) => {
    const longer = `${lines.at(-1)} ${word}`.trim();
    return longer.length <= room || !lines.at(-1) ? [...lines.slice(0, -1), longer] : [...lines, word];
  }, [""]);
}
function bars(rows, language, label, left = 165) {  // rows: {name, variant, p10, p50, p90} of shares
  const high = Math.max(...rows.map((row) => row.p90), 1e-6), low = Math.min(...rows.map((row) => row.p10), 0);
  const wide = left + 190, names = rows.map((row) => folded(row.name, left / 6)), x = (value) => left + 145 * (value - low) / (high - low);
  const tall = names.reduce((sum, lines) => sum + 9 + 13 * lines.length, 6);
  const svg = draw("svg", { viewBox: `0 0 ${wide} ${tall}`, role: "img", "aria-label": label });
  svg.append(draw("line", { x1: x(0), x2: x(0), y1: 0, y2: tall, stroke: HAIR }));
  let top = 12;
  rows.forEach((row, i) => {
    const at = top + 6.5 * (names[i].length - 1);
    names[i].forEach((line, j) => svg.append(draw("text", { x: 0, y: top + 13 * j + 4, "font-size": 11, fill: INK }, line)));
    svg.append(draw("line", { x1: x(row.p10), x2: x(row.p90), y1: at, y2: at, stroke: INNER, "stroke-width": 7 }));
    svg.append(draw(row.variant === "H2" ? "rect" : "circle", row.variant === "H2"
      ? { x: x(row.p50) - 4, y: at - 4, width: 8, height: 8, fill: "#fff", stroke: TEAL, "stroke-width": 2 }
      : { cx: x(row.p50), cy: at, r: 4.5, fill: TEAL }));
    svg.append(draw("text", { x: wide, y: at + 4, "text-anchor": "end", "font-size": 11, fill: INK }, figure(100 * row.p50, language, 1)));
    top += 9 + 13 * names[i].length;
  });
  return svg;
}
function tileMap(tiles, values, language, label) {
  const size = 27, wide = 11.5 * size, tall = (Math.max(...tiles.map((tile) => tile.row)) + 1.4) * size;
  const known = tiles.map((tile) => values[tile.code]).filter((value) => value !== undefined);
  const low = Math.min(...known), high = Math.max(...known);
  const places = high - low < 0.1 ? 1 : 0;  // else provinces of other shades would bear the same figure
  const svg = draw("svg", { viewBox: `0 0 ${wide} ${tall}`, role: "img", "aria-label": label, "data-map": "tiles" });
  for (const tile of tiles) {
    const value = values[tile.code], inset = tile.kind === "inset";
    const shade = value === undefined ? 0 : Math.min(5, Math.floor(6 * (value - low) / Math.max(high - low, 1e-9)));
    const group = draw("g", { "data-tile": tile.tile });
    const name = tile["label_" + language];
    group.append(draw("title", {}, value === undefined ? name : `${name}: ${percent(value, language, 1)}`));
    group.append(draw("rect", { x: tile.col * size + 1, y: tile.row * size + 1, width: size - 2, height: size - 2, rx: 2,
      fill: value === undefined ? "#fff" : SHADES[shade], stroke: value === undefined ? HAIR : "none",
      "stroke-dasharray": inset ? "3 2" : "none" }));
    if (!inset && value !== undefined) group.append(draw("text", { x: (tile.col + 0.5) * size, y: (tile.row + 0.62) * size,
      "text-anchor": "middle", "font-size": 9, fill: shade > 3 ? "#fff" : INK }, figure(100 * value, language, places)));
    if (inset) {
      const words = name.replace(" (", "|(").split("|");
      words.forEach((word, i) => group.append(draw("text", { x: (tile.col + 2.4) * size, y: (tile.row + 1.5 + 0.45 * i) * size,
        "text-anchor": "end", "font-size": 9.5, fill: INK }, word)));
    }
    svg.append(group);
  }
  return svg;
}
