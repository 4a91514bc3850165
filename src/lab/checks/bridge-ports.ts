/** A Linux bridge has at most 1023 ports (BR_MAX_PORTS, port 0 is not used). */
import { type Context } from '../context.ts';
import { allNics } from '../draft.ts';

const mostPorts = 1023;

export const checkBridgePorts = (context: Context): void => {
  for (const network of context.draft.networks.values()) {
    if (network.mode === 'proxied' || network.tunnel !== undefined) continue;
    const cables = allNics(context.draft).filter((nic) => nic.network === network.name && nic.attachment === 'cable');
    const ports = cables.length + (network.uplink === undefined ? 0 : 1);
    if (ports <= mostPorts) continue;
    const message = `\`${network.name}\` needs ${ports} ports, and a Linux bridge has ${mostPorts}`;
    context.findings.error('too-many-ports', message, network.at, {
      help: 'spread the machines over several networks with a router between them',
    });
  }
};
