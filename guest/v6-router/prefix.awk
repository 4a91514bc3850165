# The prefixes of a site, from `prefix` (P::/LEN) followed by the bits of the IPv4 address `outside` behind its first `skip`
# (RFC 3056 with 2002::/16 and 0, RFC 5969); without `outside`, `prefix` alone. Prints the length of the site's prefix, the
# upper 64 bits of the site's first subnet and of its second, as groups. The second is the LAN's: the first is the tunnel's.
function bits(value, count,   text) {
  for (text = ""; count > 0; count--) { text = (value % 2) text; value = int(value / 2) }
  return text
}
function number(text,   at, value) {
  for (at = 1; at <= length(text); at++) value = value * 16 + index("0123456789abcdef", tolower(substr(text, at, 1))) - 1
  return value + 0
}
function groups(text,   at, part, value, out) {
  for (part = 0; part < 4; part++) {
    value = 0
    for (at = 1; at <= 16; at++) value = value * 2 + substr(text, part * 16 + at, 1)
    out = out (part ? ":" : "") sprintf("%x", value)
  }
  return out
}
BEGIN {
  split(prefix, halves, "/")
  size = halves[2]
  double = index(halves[1], "::")
  before = split(double ? substr(halves[1], 1, double - 1) : halves[1], left, ":")
  behind = double ? split(substr(halves[1], double + 2), right, ":") : 0
  for (at = 1; at <= 8; at++) {
    group = at <= before ? left[at] : at > 8 - behind ? right[at - 8 + behind] : "0"
    address = address bits(number(group), 16)
  }
  site = substr(address, 1, size)
  if (outside != "") {
    split(outside, bytes, ".")
    site = site substr(bits(bytes[1], 8) bits(bytes[2], 8) bits(bytes[3], 8) bits(bytes[4], 8), skip + 1)
  }
  if (length(site) > 64) exit 1
  first = site
  while (length(first) < 64) first = first "0"
  # A site of one network has no other for the tunnel.
  second = length(site) == 64 ? first : substr(first, 1, 63) "1"
  print length(site), groups(first), groups(second)
}
