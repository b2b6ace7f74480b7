// Redoc shows its maker's logo from its maker's host. The page's policy would refuse and report it: it is not asked for.
HTMLImageElement.prototype.setAttribute = function (name, value) {
  const isForeign = name === "src" && /^https?:/.test(value) && new URL(value).origin !== location.origin;
  if (!isForeign) Element.prototype.setAttribute.call(this, name, value);
};
