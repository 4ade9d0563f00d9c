import type { Context, Mounted } from '../view';
export const compare = async (_: Context): Promise<Mounted> => ({ follow: () => true });
