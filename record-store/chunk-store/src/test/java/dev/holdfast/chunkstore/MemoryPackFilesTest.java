package dev.holdfast.chunkstore;

/** The files that the tests of the writer use keep the contract, or those tests prove little. */
final class MemoryPackFilesTest extends PackFilesContract {
    private final PackFiles files = new FaultyFiles(call -> null, pack -> 1);

    @Override
    PackFiles files() {
        return files;
    }
}
