/** Which interfaces a host's own files make, and which only the file of a guest speaks of. */
import { type LintInput } from './rule.ts';

/** Whether a file is a guest’s: a domain of Xen or libvirt, not the host’s own configuration. */
const isDomainFile = ({ dialectOf }: LintInput, file: string): boolean =>
  (dialectOf.get(file) === 'xen' && !file.endsWith('.sxp')) ||
  (dialectOf.get(file) === 'libvirt' && !file.includes('/networks/'));

/** `unsaid`: no file says where it comes from. */
export const makerOf = (input: LintInput, stack: string, name: string): 'host' | 'domain' | 'unsaid' => {
  const place = input.origins[`${stack}/interfaces/${name}`];
  if (place === undefined) return 'unsaid';
  return isDomainFile(input, place.path) ? 'domain' : 'host';
};
