// Sliders of a brief: the emulator of `analysis/emulator.py`, asked anew at every move. No address, no library.
(function () {
  "use strict";
  var box = document.getElementById("sliders");
  var m = JSON.parse(document.getElementById("sliders-data").textContent);
  var language = document.documentElement.lang, at1 = m.levers.map(function () { return 1; });

  function bent(multiples) { return multiples.map(function (x) { return Math.log1p(m.bend * x); }); }
  function normal(z) {  // Abramowitz & Stegun 7.1.26, error below 1.5e-7
    var x = Math.abs(z) / Math.SQRT2, t = 1 / (1 + 0.3275911 * x);
    var e = 1 - t * Math.exp(-x * x) *
      (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    return z < 0 ? (1 - e) / 2 : (1 + e) / 2;
  }
  function outputs(multiples) {
    var x = bent(multiples);
    var f = m.centres.map(function (c) {
      return Math.pow(c.reduce(function (sum, v, i) { return sum + (x[i] - v) * (x[i] - v); }, 0), 1.5);
    }).concat([1], x);
    var parts = m.basis.map(function (_, r) {
      return f.reduce(function (sum, v, i) { return sum + v * m.weights[i][r]; }, 0);
    });
    return m.middle.map(function (middle, o) {
      var link = parts.reduce(function (sum, v, r) { return sum + v * m.basis[r][o]; }, middle);
      return (m.probit[o] ? normal(link) : 1 / (1 + Math.exp(-link))) * m.scales[o];
    });
  }
  function figure(value, decimals) {
    return new Intl.NumberFormat(language, { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(value);
  }
  function odds(p) { return p < 0.01 ? "<1%" : p > 0.99 ? ">99%" : figure(Math.round(p * 100), 0) + "%"; }
  function category(p) {
    var shown = p < 0.01 ? 0 : p > 0.99 ? 100 : Math.round(p * 100);
    var names = [[99, "virtually_certain"], [90, "very_likely"], [66, "likely"], [33, "about_even"], [10, "unlikely"],
                 [1, "very_unlikely"], [0, "exceptionally_unlikely"]];
    return m.words["odds." + names.filter(function (n) { return shown >= n[0]; })[0][1]];
  }
  function element(tag, attributes, text) {
    var svg = "svg path line text circle".split(" ").indexOf(tag) >= 0;
    var e = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) { e.setAttribute(name, attributes[name]); });
    if (text !== undefined) e.textContent = text;
    return e;
  }

  // Charts: W × H with room for ticks; the height of the axis holds at every move, so that a move is seen as a move.
  var W = 360, H = 200, LEFT = 34, RIGHT = 52, TOP = 10, BOTTOM = 22;
  function chart(band, before) {
    var div = element("figure", {}), first = band.years[0], last = band.years[band.years.length - 1];
    div.appendChild(element("p", { "class": "ft" }, band.title + ", " + band.unit));
    var svg = element("svg", { viewBox: "0 0 " + W + " " + H, role: "img", focusable: "false" });
    div.appendChild(svg);
    var caption = div.appendChild(element("figcaption", { "class": "fc" }));
    var widest = Math.max.apply(null, outputs(m.levers.map(function (l) { return l.highest; }))
      .filter(function (_, i) { return band.rows.p90.indexOf(i) >= 0; })) * band.scale;
    var top = Math.max.apply(null, band.targets.map(function (t) { return t[2] === null ? t[1] : t[2]; }).concat([widest])) * 1.08;
    function x(year) { return LEFT + (W - LEFT - RIGHT) * (year - first) / (last - first); }
    function y(value) { return H - BOTTOM - (H - TOP - BOTTOM) * value / top; }
    function line(values, name) {
      return band.rows[name].map(function (o, i) { return [x(band.years[i]), y(values[o] * band.scale)]; });
    }
    function path(points) { return points.map(function (p, i) { return (i ? "L" : "M") + p[0].toFixed(1) + " " + p[1].toFixed(1); }).join(""); }
    function area(values, low, high) { return path(line(values, low).concat(line(values, high).reverse())) + "Z"; }
    var step = [1, 2, 5, 10, 20, 25, 50].filter(function (s) { return top / s <= 5; })[0];
    for (var v = 0; v <= top; v += step) {
      svg.appendChild(element("line", { x1: LEFT, x2: W - RIGHT, y1: y(v), y2: y(v), "class": "grid" }));
      svg.appendChild(element("text", { x: LEFT - 6, y: y(v) + 4, "class": "tick end" }, figure(v, 0)));
    }
    [first, 2015, last].filter(function (year, i, all) { return year >= first && year <= last && all.indexOf(year) === i; })
      .forEach(function (year) { svg.appendChild(element("text", { x: x(year), y: H - 5, "class": "tick middle" }, String(year))); });
    var outer = svg.appendChild(element("path", { "class": "outer" })), inner = svg.appendChild(element("path", { "class": "inner" }));
    svg.appendChild(element("path", { "class": "ghost", d: path(line(before, "p50")) }));
    var median = svg.appendChild(element("path", { "class": "median" })), end = svg.appendChild(element("text", { "class": "end-label" }));
    band.targets.forEach(function (t) {
      if (t[2] !== null) svg.appendChild(element("line", { x1: x(t[0]), x2: x(t[0]), y1: y(t[1]), y2: y(t[2]), "class": "goal" }));
      svg.appendChild(element("path", { "class": "diamond", d: "M" + x(t[0]) + " " + (y(t[1]) - 5) + "l5 5l-5 5l-5 -5Z" }));
    });
    return { node: div, draw: function (values) {
      outer.setAttribute("d", area(values, "p10", "p90")); inner.setAttribute("d", area(values, "p25", "p75"));
      var middle = line(values, "p50"), tip = middle[middle.length - 1];
      median.setAttribute("d", path(middle));
      var told = ["p50", "p10", "p90"].map(function (name) {
        var o = band.rows[name][band.years.length - 1];
        return figure(values[o] * band.scale, band.decimals) + (band.scale === 100 ? "%" : "");
      });
      end.setAttribute("x", tip[0] + 6); end.setAttribute("y", tip[1] + 5); end.textContent = told[0];
      var words = last + ": " + m.words.median + " " + told[0] + ", " + m.words.range + " " + told[1] + "–" + told[2];
      caption.textContent = words + "; " + m.words.ghost + ".";
      svg.setAttribute("aria-label", band.title + ". " + words);
    } };
  }

  var before = outputs(at1), now = at1.slice(), knobs = [];
  var panel = element("fieldset", {});
  panel.appendChild(element("legend", {}, m.words.sliders));
  m.levers.forEach(function (lever, i) {
    var id = "s-" + lever.id, row = element("p", { "class": "knob" });
    row.appendChild(element("label", { "for": id }, lever.label));
    var knob = row.appendChild(element("input", { id: id, type: "range", min: 0, max: lever.highest, step: 0.1, value: 1 }));
    var shown = row.appendChild(element("output", { "for": id }));
    knobs.push({ knob: knob, tell: function () {
      var text = "× " + figure(now[i], 1) + " = " + figure(now[i] * lever.money, 0) + " " + m.words.money;
      shown.textContent = text; knob.setAttribute("aria-valuetext", text);
    } });
    knob.addEventListener("input", function () { now[i] = Number(knob.value); draw(); });
    panel.appendChild(row);
  });
  var total = panel.appendChild(element("p", { "class": "total" }));
  var reset = panel.appendChild(element("button", { type: "button" }, m.words.reset));
  reset.addEventListener("click", function () { now = at1.slice(); knobs.forEach(function (k) { k.knob.value = 1; }); draw(); });
  var said = element("p", { "class": "said", "aria-live": "polite" });
  var charts = m.bands.map(function (band) { return chart(band, before); });
  var grid = element("div", { "class": "charts" });
  charts.forEach(function (c) { grid.appendChild(c.node); });

  var table = element("table", {}), rows = [];
  table.appendChild(element("caption", {}, m.words.targets));
  var head = table.appendChild(element("thead", {})).appendChild(element("tr", {}));
  ["year", "target", "asked", "before", "odds"].forEach(function (name) { head.appendChild(element("th", { scope: "col" }, m.words[name])); });
  var body = table.appendChild(element("tbody", {}));
  m.chances.forEach(function (chance) {
    var row = body.appendChild(element("tr", {}));
    row.appendChild(element("td", {}, String(chance.year)));
    row.appendChild(element("th", { scope: "row" }, chance.label));
    row.appendChild(element("td", {}, chance.threshold));
    row.appendChild(element("td", {}, odds(before[chance.output])));
    rows.push([row.appendChild(element("td", {})), chance.output]);
  });
  var scroll = element("div", { "class": "scroll" });
  scroll.appendChild(table);

  function draw() {
    var values = outputs(now), money = m.levers.reduce(function (sum, l, i) { return sum + l.money * now[i]; }, 0);
    knobs.forEach(function (k) { k.tell(); });
    total.textContent = m.words.total + ": " + figure(money, 0) + " " + m.words.money;
    charts.forEach(function (c) { c.draw(values); });
    rows.forEach(function (r) { r[0].textContent = odds(values[r[1]]) + " · " + category(values[r[1]]); });
    var band = m.bands.filter(function (b) { return b.id === "adoption"; })[0] || m.bands[0];
    var o = band.rows.p50[band.years.length - 1], moved = now.some(function (x) { return x !== 1; });
    var parts = { money: figure(money, 0), year: band.years[band.years.length - 1],
                  value: figure(values[o] * band.scale, 1), before: figure(before[o] * band.scale, 1) };
    said.textContent = moved ? m.words.told.replace(/%(money|year|value|before)/g, function (_, name) { return parts[name]; }) : m.words.same;
  }
  [panel, said, grid, scroll].forEach(function (part) { box.appendChild(part); });
  draw();
  document.getElementById("sliders-section").hidden = false;
})();
