/**
 * Turns a virtual router into the configuration of keepalived(8), keepalived.conf(5): VRRP version 3, an advertisement
 * every half second, so that a silent router is replaced within two.
 */
import { type VirtualRouter } from '../state/service.ts';

const advertiseEverySeconds = 0.5;

/** `stack`: names the router in its log. */
export const keepalivedConfig = (stack: string, router: VirtualRouter): string =>
  [
    `# shared addresses on ${router.interface}`,
    'global_defs {',
    `  router_id ${stack}`,
    '  vrrp_version 3',
    '}',
    `vrrp_instance shared_${router.family}_${router.id} {`,
    // Nobody is master before an election: the one who should be says so at once.
    '  state BACKUP',
    `  interface ${router.interface}`,
    `  virtual_router_id ${router.id}`,
    `  priority ${router.priority}`,
    `  advert_int ${advertiseEverySeconds}`,
    ...(router.tracks.length === 0
      ? []
      : ['  track_interface {', ...router.tracks.map((name) => `    ${name}`), '  }']),
    '  virtual_ipaddress {',
    // Nothing of the machine's own is sent from it (RFC 6724 section 5, rule 3); of IPv4 it is a secondary one anyway.
    ...router.addresses.map(
      ({ address, prefixLength }) =>
        `    ${address}/${prefixLength} dev ${router.interface}${router.family === 6 ? ' preferred_lft 0' : ''}`,
    ),
    '  }',
    '}',
    '',
  ].join('\n');
