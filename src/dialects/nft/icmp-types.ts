/** ICMPv6 types that links cannot do without, by number, with the names that nft(8) prints (RFC 2710, 3810, 4861). */
export const neighbourDiscoveryTypes: Readonly<Record<number, string>> = {
  130: 'mld-listener-query',
  131: 'mld-listener-report',
  132: 'mld-listener-done',
  133: 'nd-router-solicit',
  134: 'nd-router-advert',
  135: 'nd-neighbor-solicit',
  136: 'nd-neighbor-advert',
  143: 'mld2-listener-report',
};
