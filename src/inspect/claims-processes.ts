/** Programs that hold a tap or a tun: QEMU, VPNs. One that persists was made beforehand, and is only plugged. */
import { linkNamed, type Claim, type ClaimsOf } from './claim.ts';
import { switchDaemon } from './claims-openvswitch.ts';
import { type ProcessFacts } from './host-facts.ts';

export const isQemu = ({ name }: ProcessFacts): boolean => name.startsWith('qemu-system') || name === 'kvm';

/** As in `-name guest=vm1,debug-threads=on`, or `-name vm1`. */
export const guestOf = ({ argv }: ProcessFacts): string | undefined => {
  const at = argv.indexOf('-name');
  const parts = at < 0 ? [] : (argv[at + 1] ?? '').split(',');
  return (
    parts.find((part) => part.startsWith('guest='))?.slice('guest='.length) ??
    parts.find((part) => part !== '' && !part.includes('='))
  );
};

const programOf = (holder: ProcessFacts): string => (isQemu(holder) ? 'QEMU' : holder.name);

export const processClaims: ClaimsOf = (host) =>
  host.processes
    .filter(({ isHere, name }) => isHere !== false && name !== switchDaemon)
    .flatMap((holder) =>
      holder.taps.flatMap((name): Claim[] => {
        const link = linkNamed(host, name);
        if (link === undefined) return [];
        const does = link.tap?.isPersistent === true ? 'plugs' : 'made';
        const guest = guestOf(holder);
        const what = isQemu(holder) && guest !== undefined ? `, guest \`${guest}\`` : '';
        return [
          { interface: name, program: programOf(holder), does, evidence: `held by process ${holder.pid}${what}` },
        ];
      }),
    );
