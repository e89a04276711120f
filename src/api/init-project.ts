export interface InitRequest {
  readonly path?: string;
}
export interface InitFile {
  readonly path: string;
}
export interface InitResult {
  readonly files: readonly InitFile[];
}
export async function initProject(_request: InitRequest = {}): Promise<InitResult> {
  return { files: [] };
}
