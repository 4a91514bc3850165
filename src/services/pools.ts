/** All that a DHCP server gives out from: on its own link first, then on links behind relays. */
import {
  type Dhcp6Pool,
  type Dhcp6Server,
  type DhcpPool,
  type DhcpServer,
  type RelayedDhcp6Server,
  type RelayedDhcpServer,
} from '../state/service.ts';

/** `relays`: of a pool on another link. */
export const poolsOf = (
  server: DhcpServer | RelayedDhcpServer,
): readonly (DhcpPool & { readonly relays?: readonly string[] })[] =>
  server.kind === 'dhcp-server' ? [server, ...(server.relayed ?? [])] : server.relayed;

export const pools6Of = (
  server: Dhcp6Server | RelayedDhcp6Server,
): readonly (Dhcp6Pool & { readonly relays?: readonly string[] })[] =>
  server.kind === 'dhcp6-server' ? [server, ...(server.relayed ?? [])] : server.relayed;
