/** What routes are where nothing is said. */
import { type Family } from '../net/address.ts';

/** Where a default route leads to. */
export const everything: Readonly<Record<Family, string>> = { 4: '0.0.0.0/0', 6: '::/0' };

export const isDefaultRoute = (to: string): boolean => to === everything[4] || to === everything[6];

/** As the kernel takes routes without a metric. */
export const bornMetric: Readonly<Record<Family, number>> = { 4: 0, 6: 1024 };
