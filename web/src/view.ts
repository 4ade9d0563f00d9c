// What a view is to the page around it.
import type { Api, ModelInfo } from './api';
import type { PageState } from './state';

export interface Context {
  readonly root: HTMLElement;
  readonly api: Api;
  readonly models: ModelInfo[];
  readonly state: PageState;
  /** Changes the address. With `push` the browser's Back returns to what was before. */
  update(change: Partial<PageState>, push?: boolean): void;
}

export interface Mounted {
  /** Follows a change of the state; false: it must be mounted anew. */
  follow(state: PageState): boolean;
  /** A key that no input of the page takes; true: done. */
  key?(event: KeyboardEvent): boolean;
  destroy?(): void;
}

export type View = (context: Context) => Promise<Mounted>;
