/** What DHCP servers of the lab keep for a NIC, and what it learns from routers, in both families. */
import { type LabAddress, type LabNic } from './lab.ts';

type Leasing = Pick<LabNic, 'lease' | 'lease6'>;

export const leasesOf = ({ lease, lease6 }: Leasing): readonly LabAddress[] => [
  ...(lease === undefined ? [] : [lease]),
  ...(lease6 === undefined ? [] : [lease6]),
];

/** Whether it takes router advertisements: those who ask by DHCPv6 hear of the link and of routers by no other way. */
export const hearsRouters = ({ slaac, dhcp6 }: Pick<LabNic, 'slaac' | 'dhcp6'>): boolean => slaac || dhcp6;
