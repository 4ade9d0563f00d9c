import type { Context, Mounted } from '../view';
export const whatIf = async (_: Context): Promise<Mounted> => ({ follow: () => true });
