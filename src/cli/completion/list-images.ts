/** The command by which completions learn the names of images. */
export const LIST_IMAGES = "tsbuild images --format '{{.Repository}}:{{.Tag}}' 2>/dev/null";
