/** Rules that are left out for labs: `check` looks after the same facts, with the words of the language, and lets them be accepted. */

/** What `check` says of a lab with its own words, or lets be accepted in it; documentation prefixes are a lab’s good right. */
export const toldByCheck: ReadonlySet<string> = new Set([
  'address-is-not-a-host',
  'dhcp-unanswered',
  'documentation-prefix',
  'duplicate-address',
  'duplicate-mac',
  'gateway-outside-subnet',
  'routing-loop',
  'same-subnet-twice',
  'subnet-overlap',
  'two-default-routes',
  'two-servers',
]);
