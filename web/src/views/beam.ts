import type { Context, Mounted } from '../view';
export const beam = async (_: Context): Promise<Mounted> => ({ follow: () => true });
