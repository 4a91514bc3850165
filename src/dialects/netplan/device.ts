/** Devices as netplan's files name them, before it is known what they become. */
import { type Place } from '../dialect.ts';
import { type Tree } from '../yaml-tree/tree.ts';

export const deviceSections = [
  'ethernets', 'bonds', 'bridges', 'dummy-devices', 'tunnels', 'vlans', 'vrfs',
] as const; // prettier-ignore
export type DeviceSection = (typeof deviceSections)[number];

export interface Device {
  /** The key in the file, which is the name unless `match` and `set-name` say another. */
  readonly id: string;
  readonly section: DeviceSection;
  readonly at: Place;
  readonly body: Tree;
  /** That of the device, else of its section, else of the whole. */
  readonly renderer: string | undefined;
}
