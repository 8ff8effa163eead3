// Levers: native controls, each with its value, its error, and what it says of itself; and the path drawn year by year.
function valueText(lever, value, page) {
  const { language, words } = page;
  if (value === null || value === undefined) return words[lever.id.endsWith("volume.value") ? "unlimited" : "none"][language];
  if (lever.unit === "percent") return percent(value, language, 1);
  if (lever.unit === "moment") return quarter(value, language);
  const unit = words["unit." + lever.unit]?.[language];
  return figure(value, language, lever.unit === "years" ? 0 : 1) + (unit ? NBSP + unit : "");
}
function quarter(moment, language) {
  const year = Math.floor(moment), part = Math.round(4 * (moment - year)) + 1;
  if (part === 1) return String(year);
  return language === "vi" ? `quý ${["I", "II", "III", "IV"][part - 1]}/${year}` : `Q${part} ${year}`;
}
function about(lever, page) {
  const { language, words } = page, list = make("dl"), { number, clauses, sources } = page.get("references");
  const rows = [["typical", lever.typical?.[language]], ["how", lever.how?.[language]],
    ["clauses", lever.clauses.map((id) => `${id} (${clauses[id][language]})`).join("; ")],
    ["sources", lever.sources.map((id) => `${sources[id]} [${id}]`).join("; ")]];
  for (const [name, text] of rows) if (text) list.append(make("dt", {}, filled(words[name][language], { number })), make("dd", {}, text));
  return make("details", { class: "about" }, make("summary", {}, words.about[language]), list);
}
function frame(lever, page, id, control, output) {
  const { language } = page, name = lever.label[language];
  const full = lever.owner_label ? `${lever.owner_label[language]}: ${name}` : name;
  const head = control.id === id ? make("label", { for: id }, full) : make("span", { class: "name", id: id + "-name" }, full);
  const back = make("button", { type: "button", "data-reset": lever.id, title: page.words.reset[language],
    "aria-label": `${page.words.reset[language]}: ${full}`, onclick: () => page.send({ do: "reset", lever: lever.id }) }, "↺");
  return make("div", { class: "lever", "data-lever": lever.id }, make("div", { class: "line" }, head, make("span", {}, output, " ", back)),
    control, make("p", { class: "error", id: id + "-error", role: "alert" }), about(lever, page));
}
function slider(lever, page, id) {
  const output = make("output", { for: id });
  const missing = lever.id.endsWith("volume.value") ? lever.max : lever.id.endsWith("closes") ? lever.max : lever.min;
  const input = make("input", { id, type: "range", min: lever.min, max: lever.max, step: lever.step, "aria-describedby": id + "-error" });
  const tell = (value) => { output.value = valueText(lever, value, page); input.setAttribute("aria-valuetext", output.value); };
  const set = (value) => { if (document.activeElement !== input || !page.moves.held) input.value = value ?? missing; tell(value); };
  const sent = (held) => { tell(Number(input.value)); page.moves.move(lever.id, Number(input.value), held); };
  let keyed = false;  // a press of a key fires `change` at once, a drag when it ends
  input.addEventListener("keydown", () => { keyed = true; });
  input.addEventListener("pointerdown", () => { keyed = false; });
  input.addEventListener("input", () => sent(true));
  input.addEventListener("change", () => (keyed ? page.moves.keyed(lever.id, Number(input.value)) : sent(false)));
  set(lever.value);
  return [frame(lever, page, id, input, output), set];
}
function toggle(lever, page, id) {
  const output = make("output", { for: id }), { language, words } = page;
  const input = make("input", { id, type: "checkbox", role: "switch", "aria-describedby": id + "-error" });
  const set = (value) => { input.checked = Boolean(value); output.value = words[value ? "on" : "off"][language]; };
  input.addEventListener("change", () => { set(input.checked); page.moves.move(lever.id, input.checked, false); });
  set(lever.value);
  return [frame(lever, page, id, input, output), set];
}
function choice(lever, page, id) {
  const { language, words } = page, name = (option) => words["option." + (option ?? "none")]?.[language] ?? String(option);
  const input = make("select", { id, "aria-describedby": id + "-error" },
    ...lever.options.map((option, i) => make("option", { value: i }, name(option))));
  const set = (value) => { input.value = lever.options.indexOf(value); };
  input.addEventListener("change", () => page.moves.move(lever.id, lever.options[input.value], false));
  set(lever.value);
  return [frame(lever, page, id, input, make("output", { for: id })), set];
}
function chips(lever, page, id) {
  const { language, words } = page;
  const boxes = lever.options.map((option) => make("input", { type: "checkbox", value: option }));
  const set = (value) => boxes.forEach((box) => { box.checked = value.includes(box.value); });
  const control = make("div", { class: "chips", role: "group", "aria-labelledby": id + "-name" },
    ...boxes.map((box) => make("label", {}, box, " ", words["size." + box.value][language])));
  control.addEventListener("change", () => page.moves.move(lever.id, boxes.filter((box) => box.checked).map((box) => box.value), false));
  set(lever.value);
  return [frame(lever, page, id, control, make("output")), set];
}
const KINDS = { slider, switch: toggle, choice, chips };

// One path at a time: a bar a year, drawn with the pointer across years or set with the keyboard.
function pathEditor(page) {
  const { language, words } = page, all = page.levers.filter((lever) => lever.kind === "path");
  const names = (list, key, label) => [...new Map(list.map((lever) => [lever[key], label(lever)]))];
  const pick = (id, label, options, chosen) => make("label", {}, label + " ", make("select", { id, onchange: (event) => {
    page.path[id === "cpx-project" ? "project" : "source"] = event.target.value; redraw(); } },
    ...options.map(([value, text]) => make("option", { value, selected: value === chosen }, text))));
  const box = make("div", { class: "lever" }), holder = make("div");
  let lever, values, redrawn;
  function redraw() {
    lever = page.levers.find((one) => one.kind === "path" && one.project === page.path.project && one.source === page.path.source);
    values = [...lever.value];
    box.dataset.lever = lever.id;
    const output = make("output");
    const svg = draw("svg", { viewBox: "0 0 320 150", class: "path", "aria-label": lever.label[language], role: "group" });
    const wide = 320 / lever.years.length, most = Math.max(lever.max, ...values);
    const open = (i) => lever.years[i] >= lever.window[0] && lever.years[i] <= lever.window[1];
    const tops = lever.years.map((year, i) => {
      const group = draw("g", { role: "slider", tabindex: open(i) ? 0 : -1, "aria-valuemin": 0, "aria-valuemax": most, "aria-label": String(year),
        "aria-disabled": !open(i), "data-year": year, "aria-orientation": "vertical" });
      group.append(draw("rect", { x: i * wide + 1, width: wide - 2, y: 0, height: 130, fill: open(i) ? "#eef3f2" : "#fff", stroke: open(i) ? "none" : HAIR, "stroke-dasharray": "2 3" }));
      const bar = draw("rect", { x: i * wide + 1, width: wide - 2, fill: TEAL }), text = draw("text", { x: (i + 0.5) * wide, "text-anchor": "middle", "font-size": 9, fill: INK });
      group.append(bar, text, draw("text", { x: (i + 0.5) * wide, y: 144, "text-anchor": "middle", "font-size": 9, fill: QUIET }, "’" + String(year).slice(2)));
      group.addEventListener("keydown", (event) => key(event, i));
      group.addEventListener("focus", () => { output.value = `${year}: ${valueText(lever, values[i], page)}`; });
      svg.append(group);
      return () => {
        const tall = 118 * values[i] / most;
        bar.setAttribute("y", 130 - tall); bar.setAttribute("height", tall);
        text.textContent = values[i] ? figure(values[i], language, values[i] % 1 ? 1 : 0) : ""; text.setAttribute("y", Math.max(126 - tall, 9));
        group.setAttribute("aria-valuenow", values[i]); group.setAttribute("aria-valuetext", valueText(lever, values[i], page));
      };
    });
    redrawn = () => tops.forEach((one) => one());
    const amounts = () => lever.years.map((year, i) => [year, values[i]]).filter((_, i) => open(i));
    const put = (i, value) => {
      if (!open(i)) return;
      values[i] = Math.round(Math.min(Math.max(value, 0), most) * 2) / 2;
      tops[i](); output.value = `${lever.years[i]}: ${valueText(lever, values[i], page)}`; page.moves.move(lever.id, amounts(), true);
    };
    const key = (event, i) => {
      const step = { ArrowUp: 0.5, ArrowDown: -0.5, PageUp: 5, PageDown: -5 }[event.key];
      if (step || event.key === "Home") { put(i, step ? values[i] + step : 0); page.moves.keyed(lever.id, amounts()); }
      else if (event.key === "ArrowRight" || event.key === "ArrowLeft") svg.querySelectorAll("g")[i + (event.key === "ArrowRight" ? 1 : -1)]?.focus();
      else return;
      event.preventDefault();
    };
    let held = false;
    const at = (event) => {
      const place = svg.getBoundingClientRect();
      const i = Math.min(Math.max(Math.floor((event.clientX - place.left) / place.width * lever.years.length), 0), lever.years.length - 1);
      put(i, most * (130 - (event.clientY - place.top) / place.height * 150) / 118);
    };
    svg.addEventListener("pointerdown", (event) => { held = true; svg.setPointerCapture(event.pointerId); at(event); });
    svg.addEventListener("pointermove", (event) => held && at(event));
    svg.addEventListener("pointerup", () => { held = false; page.moves.move(lever.id, amounts(), false); });
    redrawn();
    holder.replaceChildren(output, svg, make("p", { class: "error", role: "alert" }), about(lever, page));
  }
  const projects = names(all, "project", (one) => one.label[language]);
  const sources = names(all, "source", (one) => words["sources." + one.source][language]);
  box.append(make("p", { class: "quiet" }, words.path_help[language]), pick("cpx-project", words.project[language], projects, page.path.project),
    pick("cpx-source", words.source[language], sources, page.path.source), holder);
  redraw();
  return [box, () => {
    const found = page.levers.find((one) => one.id === lever.id);
    if (!found || page.moves.held) return;
    if (String(found.window) !== String(lever.window) || found.years.length !== lever.years.length) { redraw(); return; }
    lever = found; values.splice(0, values.length, ...found.value); redrawn();
  }];
}
