// Words and figures in the language the page is set to, and elements made without ever parsing a user's text as HTML.
const MINUS = "\u2212", NBSP = "\u00a0";

const formats = new Map();  // making one takes longer than all the figures of a chart
function formatOf(language, decimals) {
  const key = language + decimals;
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(language === "vi" ? "vi-VN" : "en-GB",
    { minimumFractionDigits: decimals, maximumFractionDigits: decimals }));
  return formats.get(key);
}
function figure(value, language, decimals) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const shown = formatOf(language, decimals).format(value);
  return (/^-[0.,]*$/.test(shown) ? shown.slice(1) : shown).replace("-", MINUS);
}
function percent(value, language, decimals = 0) {
  const least = 0.5 * 10 ** (-decimals - 2);
  if (value > 0 && value < least) return "<" + figure(10 ** -decimals, language, decimals) + "%";
  return figure(100 * value, language, decimals) + "%";
}
function decimalsOf(value) {  // two figures at least, three decimals at most
  return value > 0 ? Math.min(Math.max(1 - Math.floor(Math.log10(value)), 0), 3) : 0;
}
function odds(value, language) {
  if (value === null || value === undefined) return "–";
  if (value < 0.01) return "<1%";
  return value > 0.99 ? ">99%" : Math.round(100 * value) + "%";
}
function shown(outcome, value, language) {
  if (outcome === "office_capacity") return figure(value, language, 0);
  if (outcome === "fiscal_cost") return figure(value, language, 0);
  return percent(value, language, outcome === "specific_saving" ? 1 : 0);
}
function filled(template, parts) {
  return template.replace(/\{(\w+)\}/g, (_, name) => parts[name] ?? "");
}
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}
function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
// Show other children in the place of those of a box: only what differs is touched, so a move lays out little again, and a
// button that is being pressed or has the focus stays the same button.
function refill(box, ...children) {
  const old = [...box.childNodes];
  children.forEach((child, i) => (old[i] ? renew(old[i], child) : box.append(child)));
  old.slice(children.length).forEach((child) => child.remove());
}
function renew(old, fresh) {
  if (typeof fresh === "string") fresh = document.createTextNode(fresh);
  if (old.nodeName !== fresh.nodeName) { old.replaceWith(fresh); return; }
  if (!fresh.attributes) { if (old.data !== fresh.data) old.data = fresh.data; return; }
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  refill(old, ...fresh.childNodes);
}
