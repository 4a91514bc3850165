/** Names that programs are known to give: a hint where nothing else tells, and told as such. */
import { type ClaimsOf } from './claim.ts';

const known: readonly (readonly [pattern: RegExp, program: string])[] = [
  [/^virbr\d+(?:-nic)?$/, 'libvirt'],
  [/^(?:vnet|macvtap)\d+$/, 'libvirt'],
  [/^(?:podman|cni-podman)\d+$/, 'Podman'],
  [/^lxcbr\d+$/, 'LXC'],
  [/^lxdbr\d+$/, 'LXD'],
  [/^incusbr\d+$/, 'Incus'],
  [/^(?:cni\d+|flannel\.\d+|cali[0-9a-f]{11}|kube-(?:bridge|ipvs0))$/, 'Kubernetes'],
  [/^(?:vif\d+\.\d+(?:-emu)?|xenbr\d+|xapi\d+)$/, 'Xen'],
  [/^(?:tap|veth|fwbr|fwpr|fwln|vmbr)\d+(?:[ip]\d+)?v?\d*$/, 'Proxmox VE'],
  [/^vboxnet\d+$/, 'VirtualBox'],
  [/^vmnet\d+$/, 'VMware'],
  [/^tailscale\d+$/, 'Tailscale'],
];

/** Proxmox's `veth100i0`, but not the kernel's own `veth0`. */
const isTooPlain = (name: string): boolean => /^(?:tap|veth)\d+$/.test(name);

export const nameClaims: ClaimsOf = ({ links }) =>
  links.flatMap(({ name }) => {
    if (isTooPlain(name)) return [];
    const program = known.find(([pattern]) => pattern.test(name))?.[1];
    return program === undefined
      ? []
      : [
          {
            interface: name,
            program,
            does: 'made',
            evidence: `its name is one that ${program} gives`,
            isByNameOnly: true,
          } as const,
        ];
  });
