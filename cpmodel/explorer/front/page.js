// The page: what is sent to the model and how what comes back is shown.
function build(model, el) {
  const page = { language: model.get("language"), words: model.get("words"), levers: [], path: { project: "awareness", source: "state" },
    sets: new Map(), latency: [] };
  const root = make("div", { class: "cpx", tabindex: -1 });
  const asked = [location.hash, document.documentElement.dataset.explorer].find((link) => link?.startsWith("#base=")) ?? "";
  delete document.documentElement.dataset.explorer;  // JupyterLab drops what stands behind `#`; share/labextensions hands it on, once
  el.append(root);
  const w = (key) => page.words[key]?.[page.language] ?? key;
  const get = (name) => model.get(name);
  const moves = movesOf((message) => model.send(message), root, () => part("status"));
  // Whatever else is asked for comes after the moves that were made before it.
  Object.assign(page, { w, get, moves, send: (message) => { moves.settle(); model.send(message); } });

  // Parts are filled again whenever what they tell changes; the frame stands until the language or the levers change.
  const slots = {};
  const slot = (name, tag = "div", attributes = {}) => (slots[name] = make(tag, { "data-part": name, ...attributes }));
  const part = (name) => { if (slots[name]) parts[name](slots[name]); };
  Object.assign(page, { slot, part });
  // Until the first answer comes the page says what is being done, and for how long it has been.
  let stage = "opening";
  const opened = performance.now(), clock = setInterval(() => { if (get("answer").sentence) clearInterval(clock); else part("status"); }, 1000);
  const starting = () => filled(w(stage.endsWith(".new") ? "starting.new" : "starting"), { stage: w("stage." + stage.split(".")[0]) });
  const fullRun = () => (get("full").state === "done" ? get("full") : {});  // of the state on screen, else nothing
  const parts = {
    sentence(box) { box.textContent = get("answer").sentence?.[page.language] ?? starting(); },
    status(box) {
      const answer = get("answer"), full = get("full"), told = get("calibration");
      if (!answer.draws) { box.textContent = filled(w("waited"), { seconds: Math.round((performance.now() - opened) / 1000) }); return; }
      const bits = [filled(w("draws"), { draws: figure(answer.draws, page.language, 0) }), w("resolution"),
        told ? filled(w("calibrated"), { name: told }) : w("prior")];
      const running = full.state === "running";
      refill(box, bits.join(" · ") + (moves.working ? " · " + w("busy") : ""), make("br"), filled(w("full." + (full.state ?? "idle")), full) + " ",
        running ? make("progress", { max: full.steps, value: full.step, "aria-label": filled(w("full.running"), full) }) : "");
    },
    charts(box) {
      const { fans, years } = get("answer");
      if (!fans) return;
      refill(box, ...Object.keys(fans).map((name) => make("figure", {}, make("figcaption", {}, w("fan." + name)),
        fan(name, { ...fans[name], full: fullRun().fans?.[name] }, years, page.language, page.words))));
    },
    legend(box) { box.textContent = w("fan.legend") + (fullRun().fans ? " " + w("fan.full") : ""); },
    targets(box) {
      const { targets, goal } = get("answer"), { odds: full } = fullRun();
      if (!targets?.length) { box.replaceChildren(); return; }
      const head = ["clause", "target", "asked", "median"].map((name) => make("th", { scope: "col" }, w("targets." + name)));
      const rows = targets.map((row) => {
        const tell = (value) => shown(row.outcome, value, page.language), reading = w("reading." + row.reading);
        const cells = [row.clause, `${row.title[page.language]}, ${row.year} (${reading})`,
          tell(row.low) + (row.high ? "–" + tell(row.high) : ""), `${tell(row.p50)} (${tell(row.p10)}–${tell(row.p90)})`];
        const chance = row.odds.both ?? row.odds.H1 ?? row.odds.H2;
        return make("tr", { class: row.id === goal ? "goal" : null, "data-target": row.id }, make("td", {}, cells[0]), make("th", { scope: "row" }, cells[1]),
          make("td", { class: "number" }, cells[2]), make("td", { class: "number" }, cells[3]),
          make("td", { class: "number" }, mark(chance), odds(chance, page.language)),
          make("td", { class: "number" }, odds(row.odds.H1, page.language)), make("td", { class: "number" }, odds(row.odds.H2, page.language)),
          full ? make("td", { class: "number" }, odds(full[row.id], page.language)) : null,
          make("td", {}, make("button", { type: "button", "aria-pressed": String(row.id === goal), "aria-label": `${w("targets.choose")}: ${cells[1]}`,
            onclick: (event) => page.send({ do: "goal", id: event.currentTarget.closest("tr").dataset.target }) }, row.id === goal ? "★" : "☆")));
      });
      refill(box, make("table", {}, make("caption", {}, w("targets.title")),
        make("thead", {}, make("tr", {}, ...head, make("th", { scope: "col" }, w("targets.odds")), make("th", { scope: "col" }, "H1"), make("th", { scope: "col" }, "H2"),
          full ? make("th", { scope: "col" }, w("targets.full")) : null, make("td"))),
        make("tbody", {}, ...rows)));
    },
    binding(box) {
      const { gains, draws } = get("binding");
      box.replaceChildren(make("h3", {}, w("binding.title")));
      if (!gains) return;
      const rows = Object.entries(gains).flatMap(([name, by]) => Object.entries(by).map(([variant, [p10, p50, p90]]) =>
        ({ key: name, name: `${w("binding." + name)}, ${variant}`, variant, p10, p50, p90 })));
      const most = rows.reduce((best, row) => (row.p50 > best.p50 ? row : best));
      const verdict = filled(w("binding.most"), { name: w("binding." + most.key) });
      box.append(make("p", {}, make("strong", {}, verdict)), make("p", { class: "quiet" }, filled(w("binding.lead"), { draws: figure(draws, page.language, 0) })),
        bars(rows, page.language, `${verdict} ${rows.map((row) => `${row.name}: ${figure(100 * row.p50, page.language, 1)}`).join("; ")}`));
    },
    map(box) {
      const full = get("full"), values = full.map;
      const title = full.year ? filled(w("map.title"), full) : w("map.waiting_title");
      box.replaceChildren(make("h3", {}, title));
      box.append(make("p", { class: "quiet" }, values ? (full.stale ? w("map.stale") : w("map.modelled")) : full.state === "off" ? w("full.off") : w("map.waiting")));
      box.append(tileMap(get("tiles"), values ?? {}, page.language, title));
    },
    ...questionParts(page),
    keep(box) {
      const field = (id, key) => make("label", {}, w(key) + " ", make("input", { type: "text", id, maxlength: 200 }));
      const name = field("cpx-name", "keep.name"), vi = field("cpx-vi", "keep.title_vi"), en = field("cpx-en", "keep.title_en");
      const value = (label) => label.querySelector("input").value;
      const button = (key, message) => make("button", { type: "button", "data-do": key, onclick: () => page.send(typeof message === "function" ? message() : message) }, w(key));
      const file = make("input", { type: "file", accept: ".yaml,.yml", hidden: true, "aria-label": w("keep.load"), onchange: async () => {
        if (file.files[0]) page.send({ do: "load", name: file.files[0].name.slice(0, 200), text: await file.files[0].text() }); file.value = ""; } });
      box.replaceChildren(make("h3", {}, w("keep.title")), make("div", { class: "bar" }, name, vi, en),
        make("div", { class: "bar" }, button("keep.save", () => ({ do: "save", name: value(name), vi: value(vi), en: value(en) })),
          make("button", { type: "button", "data-do": "keep.load", onclick: () => file.click() }, w("keep.load")), file,
          make("button", { type: "button", "data-do": "keep.link", onclick: copyLink }, w("keep.link")),
          ...["csv", "xlsx", "iamc"].map((format) => button("keep." + format, { do: "download", format })),
          ...get("briefs").map((kind) => button("keep." + kind, () => ({ do: "print", kind, language: page.language })))),
        slot("doors", "details"));
    },
    doors(box) {
      const told = get("stand"), names = { "cpx-name": told.name, "cpx-vi": told.title?.vi, "cpx-en": told.title?.en };
      for (const [id, name] of Object.entries(names)) {  // what was typed stays until another scenario is taken up
        const input = root.querySelector("#" + id), typed = input.value !== (input.dataset.told ?? "") && input.dataset.base === told.base;
        Object.assign(input.dataset, { told: name ?? "", base: told.base ?? "" });
        if (!typed && input.value !== input.dataset.told) input.value = input.dataset.told;
      }
      box.replaceChildren(make("summary", {}, w("keep.command")), make("pre", {}, told.command ?? ""), make("p", {}, w("keep.python")), make("pre", {}, told.python ?? ""),
        make("p", {}, "YAML"), make("pre", { "data-yaml": "1" }, told.yaml ?? ""));
    },
    draws(box) {
      const names = get("calibrations");
      if (!names.length) return;
      const pick = make("select", { id: "cpx-draws", onchange: () => page.send({ do: "calibration", name: pick.value }) },
        ...["", ...names].map((name) => make("option", { value: name, selected: name === get("calibration") }, name || w("draws_from.prior"))));
      box.replaceChildren(make("label", { for: "cpx-draws" }, w("draws_from") + " "), pick);
    },
    stand(box) {
      const told = get("stand"), changed = told.count ?? 0;
      box.textContent = `${told.title?.[page.language] ?? ""} · ${changed ? filled(w("changed"), { n: changed }) : w("unchanged")}`;
      root.querySelector("[data-do=undo]").disabled = !told.past?.length;
      root.querySelector("[data-do=redo]").disabled = !told.undone?.length;
      root.querySelector("#cpx-preset").value = told.base ?? "";
    },
  };
  const mark = (chance) => {
    const kind = Math.round(100 * chance) >= 66 ? "M5,5m-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0" : Math.round(100 * chance) >= 33 ? "M5,1L9,9L1,9Z" : "M1,1H9V9H1Z";
    return draw("svg", { viewBox: "0 0 10 10", style: "display:inline-block;width:0.7em;margin-right:0.4em", "aria-hidden": "true" }, draw("path", { d: kind, fill: INK }));
  };
  async function copyLink() {
    const link = `${location.origin}${location.pathname}${location.search}#${get("stand").link}`;
    try { await navigator.clipboard.writeText(link); } catch { window.prompt(w("keep.link"), link); }
    note(w("copied"));
  }
  function note(text) { slots.notice.textContent = text; }

  function leverBoxes() {
    page.sets.clear();
    let serial = 0;
    const boxOf = (lever) => {
      const [box, set] = KINDS[lever.kind](lever, page, `cpx-${page.language}-${++serial}`);
      page.sets.set(lever.id, [...(page.sets.get(lever.id) ?? []), set]);
      return box;
    };
    const controls = page.levers.filter((lever) => lever.kind !== "path");
    const group = (name, levers, ...more) => make("details", { class: "group box", "data-group": name }, make("summary", {}, w("groups." + name)), ...levers.map(boxOf), ...more);
    const first = controls.filter((lever) => lever.first).slice(0, 6);
    const owners = [...new Set(controls.filter((lever) => lever.owner).map((lever) => lever.owner))];
    const credit = owners.map((owner) => {
      const own = controls.filter((lever) => lever.owner === owner);
      return make("details", { class: "group" }, make("summary", {}, own[0].owner_label[page.language]), ...own.map((lever) => boxOf({ ...lever, owner_label: null })),
        make("button", { type: "button", "data-do": "close_credit", onclick: () => page.send({ do: "close_credit", name: owner }) }, w("remove")));
    });
    const catalogue = make("select", { id: "cpx-catalogue" }, ...get("catalogue").map((one) => make("option", { value: one.template }, one.label[page.language])));
    const add = make("div", {}, make("label", { for: "cpx-catalogue" }, w("add_credit") + " "), catalogue, " ",
      make("button", { type: "button", "data-do": "open_credit", onclick: () => page.send({ do: "open_credit", template: catalogue.value }) }, w("add")));
    const [path, setPath] = pathEditor(page);
    page.sets.set("path", [setPath]);
    return make("div", {}, make("h3", {}, w("first")), ...first.map(boxOf), make("h3", {}, w("more")),
      group("money", controls.filter((lever) => lever.group === "money" && !lever.first)), group("paths", [], path), group("credit", [], ...credit, add),
      group("policy", controls.filter((lever) => lever.group === "policy")), group("drivers", controls.filter((lever) => lever.group === "drivers")));
  }
  function frameOf() {
    page.language = get("language");
    root.lang = page.language;
    const back = root.contains(document.activeElement) && placeOf(document.activeElement);
    const opened = [...root.querySelectorAll("details[open]")].map((box) => box.dataset.group);
    page.levers = leversNow();
    const act = (name, key) => make("button", { type: "button", "data-do": name, onclick: () => page.send({ do: name }) }, w(key));
    const preset = make("select", { id: "cpx-preset", onchange: (event) => page.send({ do: "preset", name: event.target.value }) },
      ...get("presets").map((one) => make("option", { value: one.name }, one.title[page.language])));
    root.replaceChildren(
      make("header", {}, make("h2", {}, w("title")), make("div", { class: "bar" }, act("undo", "undo"), act("redo", "redo"),
        make("button", { type: "button", "data-do": "language", lang: page.language === "vi" ? "en" : "vi", onclick: () => { model.set("language", page.language === "vi" ? "en" : "vi"); model.save_changes(); } }, w("language")))),
      make("div", { class: "bar" }, make("label", { for: "cpx-preset" }, w("preset") + " "), preset, slot("stand", "strong"), slot("draws", "span")),
      guideBox(), slot("sentence", "p", { class: "sentence", role: "status", "aria-live": "polite" }), slot("status", "p", { class: "quiet" }),
      slot("problems", "div", { role: "alert" }), slot("notice", "p", { role: "status" }),
      make("div", { class: "columns" }, make("div", { "data-part": "levers" }, page.levers.length ? leverBoxes() : ""),
        make("div", {}, slot("charts", "div", { class: "charts" }), slot("legend", "p", { class: "quiet" }), slot("targets", "section", { class: "scroll" }),
          make("div", { class: "pair" }, slot("binding", "section"), slot("map", "section", { class: "map" })), slot("take", "section"), slot("wedges", "section"), slot("pins", "section"), slot("keep", "section"))));
    for (const name of opened) if (name) root.querySelector(`details[data-group=${name}]`)?.setAttribute("open", "");
    Object.keys(parts).forEach(part);
    root.dataset.language = page.language;
    if (back) (root.querySelector(back) ?? root).focus();
  }
  function placeOf(element) {  // how to find a control again when the page is made anew
    const lever = element.closest("[data-lever]")?.dataset.lever;
    return lever ? `[data-lever="${lever}"] ${element.tagName}` : element.dataset.do ? `[data-do="${element.dataset.do}"]` : element.id ? "#" + element.id : ".cpx";
  }
  function guideBox() {
    const decision = get("stand").decision, questions = Object.entries(get("guide")[decision] ?? {}), answers = {};
    if (!questions.length) return "";
    const boxes = questions.map(([name, options]) => make("label", {}, w("guide." + name) + " ", make("select", { "data-question": name },
      ...options.map((option, i) => make("option", { value: i, selected: i === 1 }, option.label[page.language])))));
    return make("details", { class: "box", "data-group": "guide" }, make("summary", {}, w("guide.title")), make("div", { class: "bar" }, ...boxes,
      make("button", { type: "button", "data-do": "guide", onclick: () => {
        boxes.forEach((box) => { const pick = box.querySelector("select"); answers[pick.dataset.question] = Number(pick.value); });
        page.send({ do: "guide", decision, answers }); } }, w("guide.start"))));
  }
  const leversNow = () => {
    const values = get("stand").values ?? {};
    return get("levers").filter((lever) => lever.id in values).map((lever) => ({ ...lever, value: values[lever.id] }));
  };
  let framed = null;
  function standChanged() {  // what levers say of themselves is sent before it, and only when it changes
    page.levers = leversNow();
    if (framed !== get("levers")) { framed = get("levers"); frameOf(); }
    if (!moves.holds) {  // else the controls stand where the user put them
      for (const lever of page.levers) for (const set of page.sets.get(lever.id) ?? []) set(lever.value);
      for (const set of page.sets.get("path") ?? []) set();
    }
    const changed = get("stand").changed ?? [];
    for (const box of root.querySelectorAll(".lever")) box.classList.toggle("changed", changed.some((key) => touches(box.dataset.lever, key)));
    ["stand", "doors", "taken"].forEach(part);
    if (get("stand").link) keepPlace(get("stand"));
  }
  const touches = (lever, key) => key === lever || key.startsWith(lever + ".") || (lever.startsWith("level.") && key.startsWith(`budgets.${lever.slice(6)}.state`))
    || (lever.startsWith("path.") && key.startsWith("budgets." + lever.slice(5)));
  function showErrors(errors) {
    for (const box of root.querySelectorAll(".lever .error")) box.textContent = "";
    slots.problems.replaceChildren();
    if (!errors.length) return;
    slots.problems.append(make("p", { class: "error" }, w("error.title")));
    root.querySelector("[data-do=undo]").disabled = false;  // what was wrong is a step too, be it the first
    for (const error of errors) {
      const text = error.text[page.language] || error.detail;
      const boxes = [...root.querySelectorAll(".lever")].filter((box) => error.levers.some((id) => id === box.dataset.lever || id.startsWith(box.dataset.lever + ".") || box.dataset.lever.startsWith(id + ".")));
      boxes.forEach((box) => { const place = box.querySelector(".error"); place.textContent = text; place.title = error.detail; box.closest("details.group")?.setAttribute("open", ""); });
      if (!boxes.length) slots.problems.append(make("p", { title: error.detail }, `${error.key}: ${text}`));
    }
  }
  function answered() {
    const { number, milliseconds: model, held, draws } = get("answer"), heardAt = performance.now();
    const began = moves.answered(number);
    ["sentence", "status", "charts", "targets"].forEach(part);
    showErrors([]);
    const drawing = performance.now() - heardAt;
    requestAnimationFrame(() => setTimeout(() => {
      root.dataset.number = number;
      if (began !== undefined) page.latency.push({ number, milliseconds: performance.now() - began, model, drawing, there: heardAt - began, held, draws });
      root.dataset.latency = JSON.stringify(page.latency.slice(-200));
    }));
  }
  let whole = false;
  function fullChanged() {
    part("status");
    const stands = get("full").state === "done";
    if (stands || whole) ["charts", "legend", "targets"].forEach(part);
    if (stands || whole || !slots.map.querySelector("svg")) part("map");
    whole = stands;
  }
  const messages = {
    idle: moves.idle,
    busy: moves.busy,
    stage(name) { stage = name; part("sentence"); },
    errors(errors) { showErrors(errors); part("draws"); },
    notice(told) { note(told.failed ? filled(w("failed"), { why: told.failed[page.language] }) : filled(w(told.said), told)); },
    file([name, media], buffers) {
      const address = URL.createObjectURL(new Blob([buffers[0]], { type: media }));
      make("a", { href: address, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(address), 600_000);  // a busy browser may fetch it late
    },
  };
  const custom = (message, buffers) => messages[message.name]?.(message.value, buffers);
  const heard = { "change:language": () => { frameOf(); standChanged(); }, "change:stand": standChanged,
    "change:answer": answered, "change:binding": () => part("binding"), "change:full": fullChanged,
    "change:calibration": () => { part("draws"); part("status"); }, "change:pins": () => part("pinned"), "change:taken": () => part("taken"), "change:package": () => part("package"), "change:wedges": () => part("wedges"), "msg:custom": custom };
  for (const [name, listener] of Object.entries(heard)) model.on(name, listener);
  const fromLink = () => { if (location.hash.startsWith("#base=") && location.hash.slice(1) !== get("stand").link) page.send({ do: "link", text: location.hash.slice(1) }); };
  addEventListener("hashchange", fromLink);
  root.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.target.matches("input[type=text]")) return;
    const name = { z: event.shiftKey ? "redo" : "undo", y: "redo" }[event.key.toLowerCase()];
    if (name) { event.preventDefault(); event.stopPropagation(); page.send({ do: name }); }
  });
  frameOf();
  standChanged();
  page.send({ ...keptAt(asked.slice(1)), do: "open", text: asked.slice(1) });
  return () => { moves.end(); clearInterval(clock); removeEventListener("hashchange", fromLink); for (const [name, listener] of Object.entries(heard)) model.off(name, listener); };
}
export default { render: ({ model, el }) => build(model, el) };
