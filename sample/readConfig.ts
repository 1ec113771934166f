export async function readConfig(path: string): Promise<Config> {
  const text = await fs.readFile(path, 'utf8');
  try {
    return parse(JSON.parse(text));
  } catch (error) {
    throw new ConfigError(`cannot read ${path}`, { cause: error });
  }
}
