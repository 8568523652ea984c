package io.github.rseq.faults;

import java.nio.file.Path;

import io.github.rseq.Binding;
import io.github.rseq.Rseq;
import io.github.rseq.RseqOptions;
import io.github.rseq.RseqStatus;
import io.github.rseq.binding.BindingHandles;
import io.github.rseq.binding.ForeignCalls;
import io.github.rseq.binding.JnaCalls;
import io.github.rseq.binding.Recording;
import io.github.rseq.control.LibraryLoader;
import io.github.rseq.control.NativeLibrary;

/**
 * Whose sections write to the cells. Those of the test libraries are put below meters
 * that were made with the shipped one, so that no self-test refuses them.
 */
enum Sections {

	/**
	 * Those of the jar, chosen as an application's are.
	 */
	SHIPPED,

	/**
	 * Long ones, which what happens will hit.
	 */
	DELAYED,

	/**
	 * Long ones that the kernel never aborts: the negative control.
	 */
	DISARMED;

	/**
	 * Sends all later records through them.
	 * @param directory where the test libraries are
	 * @return what they are
	 */
	Installed install(Path directory, Binding binding) throws Exception {
		if (this == SHIPPED) {
			RseqStatus status = Rseq.configure(RseqOptions.DEFAULTS.withBinding(binding));
			if (status.availability().reason() != null) {
				throw new IllegalStateException(status.availability().toString());
			}
			return new Installed(null, 0, status.binding());
		}
		String variant = (this == DELAYED) ? "delayed" : "delayed-disarmed";
		Path file = directory.resolve("libpercpu_rseq-" + variant + ".so");
		NativeLibrary library = LibraryLoader.load(file, null, "any");
		int cpus = library.start(Rseq.status().cpus().possible(), NativeLibrary.Mode.DEFAULT);
		Binding chosen = (ForeignCalls.unsupported() == null) ? Binding.FOREIGN : Binding.JNA;
		Installed installed = new Installed(library, cpus, chosen);
		installed.bind(chosen);
		return installed;
	}

	/**
	 * Sections in use.
	 *
	 * @param library their library, {@code null} for the shipped one
	 * @param cpus the number of rows
	 * @param binding how they are reached
	 */
	record Installed(@org.jspecify.annotations.Nullable NativeLibrary library, int cpus, Binding binding) {

		/**
		 * Reaches them in another way, through handles made anew.
		 */
		void bind(Binding binding) throws Exception {
			if (this.library == null) {
				Rseq.configure(RseqOptions.DEFAULTS.withBinding(binding));
				return;
			}
			BindingHandles handles = (binding == Binding.FOREIGN)
					? ForeignCalls.bind(this.library, NativeLibrary.Mode.DEFAULT)
					: JnaCalls.bind(this.library.file(), NativeLibrary.Mode.DEFAULT);
			Recording.install(handles);
		}

		long aborts() {
			if (this.library == null) {
				return Rseq.status().aborts().total();
			}
			long aborts = 0;
			long[] statistics = this.library.statistics(this.cpus);
			for (int i = 0; i < statistics.length; i++) {
				aborts += (i % 4 != 3) ? statistics[i] : 0;
			}
			return aborts;
		}

	}

}
