edgectl attach --artifact-type spdx example.com/app:1 file
