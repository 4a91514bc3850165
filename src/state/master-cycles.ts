/**
 * Interfaces that would be ports of themselves, straight or by others: the kernel refuses to enslave them (ELOOP, EINVAL).
 */
import { type Interface } from './network-state.ts';

type Interfaces = Readonly<Record<string, Pick<Interface, 'master'>>>;

const leadsBack = (interfaces: Interfaces, name: string): boolean => {
  const seen = new Set<string>();
  for (let next = interfaces[name]?.master; next !== undefined; next = interfaces[next]?.master) {
    if (next === name) return true;
    if (seen.has(next)) return false;
    seen.add(next);
  }
  return false;
};

/** In the order of the interfaces. */
export const portsOfThemselves = (interfaces: Interfaces): readonly string[] =>
  Object.keys(interfaces).filter((name) => interfaces[name]?.master !== undefined && leadsBack(interfaces, name));
