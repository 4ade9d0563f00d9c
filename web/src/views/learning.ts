import type { Context, Mounted } from '../view';
export const learning = async (_: Context): Promise<Mounted> => ({ follow: () => true });
